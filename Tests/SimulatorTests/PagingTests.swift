import JSONSource
import Testing

@testable import Simulator

@Suite struct PagingTests {
  private let now = ManualClock.start

  private func world(count: Int, maximumPageSize: Int = 100) -> World {
    let population = Population(count: count, seed: 3, ended: 0.9)
    return World(Scenario(maximumPageSize: maximumPageSize, population: population), start: now)
  }

  /// Ids of all runs, page by page; `between` is called after each page.
  private func readAll(_ world: inout World, size: Int, between: (inout World, Int) -> Void = { _, _ in }) throws
    -> [String]
  {
    var ids: [String] = []
    var token: String?
    var pages = 0
    repeat {
      let query = "runs?s=\(size)" + (token.map { "&p=\(encoded($0))" } ?? "")
      let page = world.answer(.api(query), at: now).json
      ids += try #require(page["items"]?.elements).compactMap { $0["runId"]?.string }
      token = page.present("nextPage")?.string
      pages += 1
      between(&world, pages)
    } while token != nil && pages < 1_000
    return ids
  }

  @Test(arguments: [1, 7, 10, 49, 50, 51, 1_000])
  func `every run is listed exactly once with any page size`(size: Int) throws {
    var world = world(count: 50)
    let ids = try readAll(&world, size: size)
    #expect(ids.count == 50)
    #expect(Set(ids).count == 50)
  }

  @Test func `the newest run comes first`() throws {
    var world = world(count: 200)
    let ids = try readAll(&world, size: 20)
    let times = ids.compactMap { world.run($0, at: now)?.created }
    #expect(times.count == 200)
    #expect(times == times.sorted(by: >))
  }

  @Test func `runs that come while somebody pages neither hide nor repeat a run`() throws {
    var world = world(count: 50)
    let before = Set(try readAll(&world, size: 10))
    let during = try readAll(&world, size: 10) { world, page in
      for index in 0..<15 { world.add(ScriptedRun("new_\(page)_\(index)", created: now - Int64(index))) }
    }
    #expect(during.count == 50)
    #expect(Set(during) == before)
  }

  @Test func `a run that is deleted while it is the place of a cursor does not lose the place`() throws {
    var world = world(count: 30)
    let all = try readAll(&world, size: 30)
    let during = try readAll(&world, size: 10) { world, page in
      if page < 3 { world.remove(all[page * 10 - 1], at: now) }
    }
    #expect(during == all)
  }

  @Test func `runs created in one millisecond are all listed`() throws {
    var world = World(Scenario(runs: (0..<25).map { ScriptedRun("run_\($0)", created: -5) }), start: now)
    #expect(Set(try readAll(&world, size: 4)).count == 25)
  }

  @Test func `a page has ten runs unless asked for and never more than the maximum`() {
    var world = world(count: 300, maximumPageSize: 40)
    #expect(world.answer(.api("runs"), at: now).json["items"]?.elements?.count == 10)
    #expect(world.answer(.api("runs?s=1000"), at: now).json["items"]?.elements?.count == 40)
    #expect(world.answer(.api("runs?pageSize=3"), at: now).json["items"]?.elements?.count == 10)
    #expect(world.answer(.api("runs?s=0"), at: now).status == 400)
  }

  @Test func `a page token must be percent-encoded by whoever sends it back`() throws {
    var world = world(count: 50)
    for size in 1...30 {
      let token = try #require(world.answer(.api("runs?s=\(size)"), at: now).json["nextPage"]?.string)
      #expect(token.contains("+") && token.contains("/") && token.hasSuffix("="))
      #expect(world.answer(.api("runs?p=\(token)"), at: now).status == 400)
      #expect(world.answer(.api("runs?p=\(encoded(token))"), at: now).status == 200)
    }
  }

  @Test func `a token that nobody gave is refused in the vendor's shape`() {
    var world = world(count: 5)
    let answer = world.answer(.api("runs?p=abc"), at: now)
    #expect(answer.status == 400)
    #expect(answer.json["error"]?.string == "ValidationFailed")
    #expect(answer.json["message"]?.string == "The page token is not valid.")
  }

  @Test func `the light list has ids and names in the same order`() throws {
    var world = world(count: 12)
    let ids = try readAll(&world, size: 12)
    let light = try #require(world.answer(.api("simpleRuns?s=12"), at: now).json["items"]?.elements)
    #expect(light.compactMap { $0["runId"]?.string } == ids)
    #expect(light.allSatisfy { $0["name"] != nil && $0["status"] == nil })
  }
}
