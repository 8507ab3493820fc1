import JSONSource
import Testing

@testable import Simulator

@Suite struct APITests {
  private let now = ManualClock.start

  private func world(_ runs: ScriptedRun...) -> World {
    World(Scenario(dialect: .documented, runs: runs), start: now)
  }

  private func going(_ id: String = "run_a", _ dialect: Dialect = .documented) -> ScriptedRun {
    ScriptedRun(
      id, dialect: dialect, created: -1_000, life: [.init(at: -500, .running), .init(at: 60_000, .succeeded)])
  }

  @Test func `a document has every member that the vendor's page shows`() throws {
    var world = world(going())
    let run = world.answer(.api("runs/run_a"), at: now).json
    #expect(run["kind"]?.string == "Run")
    #expect(run["workspaceId"]?.string == "demo-org")
    #expect(run["spec"]?["flow"]?["blocks"]?.elements?.count == 3)
    #expect(run["spec"]?["killedAt"]?.isNull == true)
    #expect(run["status"]?["log"]?.string == "/workspaces/demo-org/runs/run_a/logs")
    #expect(run["metadata"]?["timeCreated"]?.integer == now - 1_000)
    #expect(run["metadata"]?["lastUpdated"]?.integer == now - 500)
    #expect(run["selfLink"]?.string == "/workspaces/demo-org/runs/run_a")
    #expect(run["etag"]?.string?.isEmpty == false)
  }

  @Test func `a document is the same bytes until something happens`() {
    var world = world(going())
    let first = world.document("run_a", at: now)
    #expect(world.document("run_a", at: now + 59_999) == first)
    #expect(world.document("run_a", at: now + 60_000) != first)
    #expect(world.document("run_a", at: now) == first)
  }

  @Test func `a run can't be seen before it was created`() {
    var world = world(ScriptedRun("run_a", created: 5_000))
    #expect(world.answer(.api("runs/run_a"), at: now + 4_999).status == 404)
    #expect(world.answer(.api("runs/run_a"), at: now + 5_000).status == 200)
  }

  @Test func `a document that a scenario brings is served as it stands`() {
    let text = #"{"runId": "run_a" , "spec" : [1.0]}"#
    var world = world(ScriptedRun("run_a", created: 0, document: Array(text.utf8)))
    #expect(world.answer(.api("runs/run_a"), at: now).text == text)
    #expect(world.answer(.api("runs"), at: now).text.contains(text))
  }

  @Test(arguments: ["runs", "runs/run_a", "runs/run_a/outputs", "simpleRuns", "runs/run_a/logs", "nowhere"])
  func `nobody gets in without the key of the organization`(path: String) {
    var world = world(going())
    #expect(world.answer(.api(path, key: nil), at: now).status == 401)
    let wrong = world.answer(.api(path, key: "dtvi_wrong"), at: now)
    #expect(wrong.status == 401)
    #expect(wrong.json["error"]?.string == "AuthenticationFailed")
    let other = world.answer(.api(path, organization: "other"), at: now)
    #expect(other.status == 403)
    #expect(other.json["error"]?.string == "PermissionDenied")
  }

  @Test func `the path of another organization is forbidden too`() {
    var world = world(going())
    let request = ReceivedRequest(
      time: 0, method: "GET", target: "/workspaces/other/runs",
      headers: ["Authorization": "Bearer \(Scenario.defaultSecretKey)", "Organization-Id": "demo-org"])
    #expect(world.answer(request, at: now).status == 403)
  }

  @Test func `what isn't there is not found in the vendor's shape`() {
    var world = world(going())
    let answer = world.answer(.api("runs/run_b"), at: now)
    #expect(answer.status == 404)
    #expect(answer.json["error"]?.string == "ResourceNotFound")
    #expect(answer.json["message"]?.string == "Run run_b was not found.")
    #expect(world.answer(.api("runs/run_a/nothing"), at: now).status == 404)
  }

  @Test(arguments: Dialect.allCases)
  func `killing a run cancels it in its dialect and answers the run`(dialect: Dialect) throws {
    var world = world(going("run_a", dialect))
    let answer = world.answer(.api("PATCH", "runs/run_a", body: #"{"spec":{"killedAt":\#(now - 3)}}"#), at: now)
    #expect(answer.status == 200)
    #expect(answer.json["spec"]?["killedAt"]?.integer == now - 3)
    let last = try #require(world.run("run_a", at: now + 120_000)?.story(at: now + 120_000).last)
    #expect(last.phase == .cancelled && last.at == now)
    #expect(world.document("run_a", at: now + 120_000) == answer.bytes)
    let conditions = try #require(answer.json["status"]?["conditions"]?.elements)
    let decisive = conditions.first {
      dialect == .lifecycle ? $0["condition"]?.string == "Finished" : $0["condition"]?.string == "Cancelled"
    }
    #expect(decisive?["status"]?.string == (dialect == .lifecycle ? "FailedReach" : "Reached"))
    #expect(decisive?["lastTransitionTime"]?.integer == now)
  }

  @Test func `a run that has ended can't be killed`() {
    var world = world(going())
    let kill = ReceivedRequest.api("PATCH", "runs/run_a", body: #"{"spec":{"killedAt":1}}"#)
    #expect(world.answer(kill, at: now + 60_000).status == 409)
    #expect(world.answer(kill, at: now).status == 200)
    #expect(world.answer(kill, at: now + 1).status == 409)
  }

  @Test func `killedAt shows at once where being cancelled takes its time`() {
    var run = going()
    run.killDelay = 60_000
    var world = world(run)
    world.kill("run_a", killedAt: now, at: now)
    let soon = world.answer(.api("runs/run_a"), at: now + 1).json
    #expect(soon["spec"]?["killedAt"]?.integer == now)
    #expect(soon["status"]?["conditions"]?.elements?.last?["condition"]?.string == "Running")
    let late = world.answer(.api("runs/run_a"), at: now + 60_000).json
    #expect(late["status"]?["conditions"]?.elements?.last?["condition"]?.string == "Cancelled")
  }

  @Test func `a deleted run is gone from everywhere and the answer is empty`() {
    var world = world(going(), going("run_b"))
    let answer = world.answer(.api("DELETE", "runs/run_a"), at: now)
    #expect(answer.status == 200 && answer.bytes.isEmpty)
    #expect(world.answer(.api("runs/run_a"), at: now).status == 404)
    #expect(world.answer(.api("DELETE", "runs/run_a"), at: now).status == 404)
    #expect(world.answer(.api("runs"), at: now).json["items"]?.elements?.count == 1)
  }

  @Test func `a run's own life may end in its being deleted`() {
    var world = world(ScriptedRun("run_a", created: 0, life: [.init(at: 10, .deleted)]))
    #expect(world.answer(.api("runs/run_a"), at: now + 9).status == 200)
    #expect(world.answer(.api("runs/run_a"), at: now + 10).status == 404)
  }

  @Test func `attributes can be changed and runs be created as the SDK does it`() {
    var world = world(going())
    let patched = world.answer(
      .api("PATCH", "runs/run_a", body: #"{"metadata":{"attributes":{"stage":"release"}}}"#), at: now)
    #expect(patched.json["metadata"]?["attributes"]?["stage"]?.string == "release")
    let made = world.answer(.api("PUT", "runs/run_new", body: #"{"spec":{"flow":{"name":"f"}}}"#), at: now)
    #expect(made.json["spec"]?["flow"]?["name"]?.string == "f")
    #expect(world.run("run_new", at: now + 35_000)?.story(at: now + 35_000).last?.phase == .succeeded)
    #expect(world.answer(.api("PUT", "runs/run_new", body: #"{"spec":{"flow":{"name":"f"}}}"#), at: now).status == 409)
  }

  @Test func `the log can be cut to a time, a block and a number of lines`() {
    var world = world(going())
    func lines(_ query: String) -> Int? {
      world.answer(.api("runs/run_a/logs\(query)"), at: now + 60_000).json["items"]?.elements?.count
    }
    #expect(lines("") == 3)
    #expect(lines("?since=\(now)") == 1)
    #expect(lines("?limit=2") == 2)
    #expect(lines("?block=model") == 0)
  }
}
