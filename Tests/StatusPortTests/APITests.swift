import FoundationEssentials
import HTTPServing
import JSONSource
import Runs
import Storage
import Telemetry
import TestSupport
import Testing

@testable import StatusPort

@Suite(.timeLimit(.minutes(3))) struct APITests {
  private func json(_ response: Response) throws -> JSONNode {
    try JSONDocument(parsing: Array(response.text.utf8)).root
  }

  /// A run that failed, with a dead letter, and one that goes on.
  private func fill(_ kit: PortKit) async throws {
    let now = kit.time.now
    var sweep = try SweepCommit.of(run: "run_a", ["m1", "m2"].map { .of($0, rule: "rule") }, at: now.milliseconds)
    sweep.changed = [
      "run_a": .init(phase: .failed, since: now, isBaseline: false),
      "run_old": .init(phase: .succeeded, since: now + .seconds(-60), isBaseline: true),
    ]
    _ = try await kit.store.commit(sweep)
    let due = try await kit.store.due(destination: "chat", limit: 1, at: now, except: [])
    for delivery in due {
      try await kit.store.settle(
        delivery, as: .dead(reason: "<script>alert(1)</script>"), .of(delivery, at: now.milliseconds))
    }
    kit.watcher.change { ($0.active, $0.total, $0.lastWholeSweep) = (1, 3, now) }
    kit.watcher.moves([
      MovingFact(
        id: "run_b", phase: .running, flow: "<b>\"flow\"</b>", since: now, startedAt: now, usual: .seconds(7_800))
    ])
  }

  @Test func `the overview holds what the page shows`() async throws {
    try await PortKit.with { kit in
      try await fill(kit)
      let answer = try json(await kit.get("/api/v1/overview"))
      #expect(answer["now"]?.string == kit.time.now.iso8601)
      let overview = try #require(answer["overview"])
      #expect(overview["status"]?["healthy"]?.bool == true && overview["canAct"]?.bool == true)
      let runs = try #require(overview["runs"])
      #expect(runs["active"]?.integer == 1 && runs["counts"]?["succeeded"]?.integer == 1)
      let moving = try #require(runs["moving"]?.elements?.first)
      #expect(moving["flow"]?.string == "<b>\"flow\"</b>" && moving["usualSeconds"]?.integer == 7_800)
      let ended = try #require(runs["ended"]?.elements)
      #expect(ended.map { $0["runId"]?.string } == ["run_a", "run_old"])
      #expect(ended.first?["deliveries"]?.elements?.map { $0["status"]?.string } == ["dead", "pending"])
      #expect(overview["deadLetters"]?.elements?.map { $0["id"]?.string } == ["m1"])
      let chat = try #require(overview["destinations"]?.elements?.first)
      #expect(chat["waiting"]?.integer == 1 && chat["dead"]?.integer == 1 && chat["pace"]?.string == "1 per 1s")
      let rule = try #require(overview["rules"]?.elements?.first)
      #expect(rule["lastFiredAt"]?.string == kit.time.now.iso8601)
      #expect(overview["activity"]?.elements?.count == 24)
      #expect(overview["activity"]?.elements?.last?["dead"]?.integer == 1)
    }
  }

  @Test func `runs come page by page`() async throws {
    try await PortKit.with { kit in
      var sweep = try SweepCommit.of(run: "run_0", [], at: 1)
      for index in 0..<7 {
        sweep.changed["run_\(index)"] = .init(phase: .failed, since: ms(Int64(index / 2)), isBaseline: false)
      }
      _ = try await kit.store.commit(sweep)
      var (seen, next, pages) = ([String](), String?.none, 0)
      repeat {
        let page = try json(
          await kit.get("/api/v1/runs?phase=failed,error&limit=3" + (next.map { "&after=\($0)" } ?? "")))
        seen += page["runs"]?.elements?.compactMap { $0["runId"]?.string } ?? []
        next = page["next"]?.string
        pages += 1
      } while next != nil
      #expect(seen == ["run_6", "run_4", "run_5", "run_2", "run_3", "run_0", "run_1"] && pages == 3)
      for wrong in ["phase=lost", "limit=0", "limit=101", "limit=x", "after=x"] {
        #expect(await kit.get("/api/v1/runs?\(wrong)").status == 400, "\(wrong)")
      }
    }
  }

  @Test func `what isn't there is said`() async throws {
    try await PortKit.with { kit in
      try await fill(kit)
      #expect(await kit.get("/api/v1/runs/run_a").status == 200)
      #expect(await kit.get("/api/v1/runs/run_x").status == 404)
      #expect(await kit.get("/api/v1/deliveries/m1").status == 200)
      #expect(await kit.get("/api/v1/deliveries/mX").status == 404)
      #expect(await kit.post("/api/v1/deliveries/mX/replay").status == 404)
      #expect(await kit.post("/api/v1/silences/sil_x/end").status == 404)
      #expect(await kit.get("/api/v1/deliveries?status=lost").status == 400)
      #expect(await kit.get("/api/v1/deliveries?status=dead").text == #"["m1"]"#)
    }
  }

  @Test func `a dead letter is sent again, as the command does it`() async throws {
    try await PortKit.with { kit in
      try await fill(kit)
      #expect(await kit.get("/api/v1/deliveries/m1/replay", method: "POST").status == 401)
      #expect(try await kit.store.record("m1").status == .dead)
      #expect(await kit.post("/api/v1/deliveries/m1/replay").text == #"{"replayed":["m1"]}"#)
      #expect(try await kit.store.record("m1").status == .pending)
      #expect(kit.watcher.wakes == 1)
      // It is a row of the run's story.
      #expect(try await kit.store.story(run: "run_a")?.deliveries.first?.replays.count == 1)
    }
  }

  @Test func `a rule is silenced, and the silence ended`() async throws {
    try await PortKit.with { kit in
      let made = await kit.post(
        "/api/v1/silences", body: #"{"for": "2h", "rules": ["rule"], "reason": "moving \"house\""}"#)
      #expect(made.status == 200)
      let id = try #require(try json(made)["id"]?.string)
      let silence = try #require(try await kit.store.silences().first)
      #expect(silence.rules == ["rule"] && silence.until == kit.time.now + .seconds(7_200))
      #expect(try json(await kit.get("/api/v1/silences")).elements?.count == 1)
      let rule = try json(await kit.get("/api/v1/overview"))["overview"]?["rules"]?.elements?.first
      #expect(rule?["silencedUntil"]?.string == silence.until.iso8601)
      #expect(await kit.post("/api/v1/silences/\(id)/end").status == 200)
      #expect(try json(await kit.get("/api/v1/silences")).elements?.isEmpty == true)
    }
  }

  @Test(arguments: [
    ("", 400), ("[]", 400), ("{}", 400), (#"{"for": "2h"}"#, 400), (#"{"for": "0s", "reason": "x"}"#, 400),
    (#"{"for": "400d", "reason": "x"}"#, 400), (#"{"for": "2h", "reason": " "}"#, 400),
    (#"{"for": "2h", "reason": "x", "rules": "rule"}"#, 400),
    (#"{"for": "2h", "reason": "x", "rules": ["none"]}"#, 404),
    (#"{"for": "2h", "reason": "x", "destinations": [1]}"#, 400),
  ])
  func `a silence that can't be meant is refused`(body: String, status: Int) async throws {
    try await PortKit.with { kit in
      let answer = await kit.post("/api/v1/silences", body: body)
      #expect(answer.status == status, "\(answer.text)")
      let error = try json(answer)["error"]?.string
      #expect(error?.isEmpty == false)
      #expect(try await kit.store.silences().isEmpty)
    }
  }

  @Test func `the page loads nothing from elsewhere, holds no data, and is small`() async throws {
    try await PortKit.with { kit in
      try await fill(kit)
      var size = 0
      for path in ["/", "/assets/page.css", "/assets/page.js"] {
        let part = await kit.get(path)
        #expect(part.status == 200)
        #expect(!part.text.contains("run_a") && !part.text.contains(PortKit.token))
        #expect(!part.text.contains("innerHTML") && !part.text.contains(" style=") && !part.text.contains("onclick="))
        let links = part.text.matches(of: /https?:\/\/[^\s"']+/).map { String($0.output) }
        #expect(links.allSatisfy { $0.hasPrefix("http://www.w3.org/2000/svg") }, "\(links)")
        size += part.text.utf8.count
      }
      #expect(size + (await kit.get("/api/v1/overview")).text.utf8.count < 60_000)
    }
  }

  @Test func `news come by themselves, and only when there are some`() async throws {
    try await PortKit.with { kit in
      let work = Task { try await kit.port.run() }
      guard case .events(let reader) = await kit.get("/api/v1/events").body else {
        Issue.record("no stream")
        return
      }
      await reader.wait()
      guard case .bytes(let first) = reader.take() else {
        Issue.record("nothing came")
        return
      }
      #expect(String(decoding: first, as: UTF8.self).contains("\"active\":0"))
      kit.watcher.change { $0.active = 5 }
      await kit.time.sleepers(atLeast: 1)
      kit.time.advance(by: .seconds(1))
      await reader.wait()
      guard case .bytes(let second) = reader.take() else {
        Issue.record("nothing came")
        return
      }
      #expect(String(decoding: second, as: UTF8.self).contains("\"active\":5"))
      reader.leave()
      work.cancel()
      _ = await work.result
    }
  }
}
