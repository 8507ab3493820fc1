import Glibc
import JSONSource
import Locking
import Testing

@testable import Simulator

@Suite struct HostilityTests {
  private func harms(_ hostility: Hostility, _ requests: [ReceivedRequest], _ kind: RequestKind, inbox: String? = nil)
    -> [Harm?]
  {
    var book = HarmBook(hostility)
    return requests.map { book.next(for: $0, kind, inbox: inbox)?.harm }
  }

  private func delivery(_ id: String) -> ReceivedRequest {
    ReceivedRequest(time: 0, method: "POST", target: "/inbox/hub", headers: ["webhook-id": id])
  }

  @Test func `the same seed means the same harm`() {
    let requests = (0..<200).map { _ in ReceivedRequest.api("runs") }
    let once = harms(Hostility(seed: 7), requests, .list)
    #expect(once == harms(Hostility(seed: 7), requests, .list))
    #expect(once != harms(Hostility(seed: 8), requests, .list))
    #expect((20...60).contains(once.count { $0 != nil }))
  }

  @Test func `after so many damaged answers the API is well for a while`() {
    let requests = (0..<10).map { _ in ReceivedRequest.api("runs") }
    let damaged = harms(Hostility(rate: 1, maxInARow: 2, relief: 3), requests, .list).map { $0 != nil }
    #expect(damaged == [true, true, false, false, false, true, true, false, false, false])
    #expect(harms(Hostility(rate: 0), requests, .list).allSatisfy { $0 == nil })
  }

  @Test func `a delivery gets so many damaged answers at most, however many others get`() {
    let requests = (0..<30).map { delivery("msg_\($0 % 3)") }
    let damaged = harms(Hostility(rate: 1, maxInARow: 2, relief: 0), requests, .inbox, inbox: "hub").map { $0 != nil }
    #expect(damaged == (0..<30).map { $0 < 6 })
  }

  @Test func `what would last is for those inboxes only that are named`() {
    let lasting: Set<Harm> = [.longHold, .refusal, .gone]
    let hostility = Hostility(rate: 1, harms: lasting, sacrifices: ["doomed"])
    let requests = (0..<20).map { delivery("msg_\($0)") }
    #expect(harms(hostility, requests, .inbox, inbox: "hub").allSatisfy { $0 == nil })
    #expect(Set(harms(hostility, requests, .inbox, inbox: "doomed")) == Set(lasting.map(Optional.some)))
  }

  @Test func `nothing is done to a request that changes a run`() {
    for kind in [RequestKind.put, .patch, .delete] {
      #expect(harms(Hostility(rate: 1), [.api("PATCH", "runs/run_a")], kind) == [nil])
    }
  }

  static let passing = Harm.allCases.filter { ![.longHold, .refusal, .gone].contains($0) }
  /// Harms that leave a client its answer.
  static let harmless: Set<Harm> = [.oddDate, .oddWaits, .oddHead, .slowBody, .late]
  static let headOnly: Set<Harm> = [.hugeHead, .excessBody, .badGzip, .unknownEncoding]

  @Test(.timeLimit(.minutes(6)), arguments: passing)
  func `each harm passes, and is counted`(_ harm: Harm) async throws {
    let runs = (0..<3).map { ScriptedRun("run_\($0)", created: 0, attributes: ["stage": "a"]) }
    let hostility = Hostility(rate: 1, harms: [harm], maxInARow: 1, relief: 1, maxWait: 40)
    try await withSimulator(Scenario(runs: runs, hostile: hostility)) { simulator in
      let damaged = try await simulator.sendAPI("runs")
      let well = try await simulator.sendAPI("runs")
      #expect(well.status == 200)
      #expect(try JSONDocument(parsing: well.body).root["items"]?.elements?.count == 3)
      #expect(simulator.harmCounts == [harm: 1])
      // That the body is there doesn't mean that a client can read it.
      if !Self.headOnly.contains(harm) { #expect((damaged.text == well.text) == Self.harmless.contains(harm)) }
    }
  }

  @Test func `a document can be longer, deeper and fuller than anybody reads, and is JSON all the same`() throws {
    let page = Array(
      #"{"items":[{"kind":"Run","metadata":{"timeCreated":1,"lastUpdated":2,"attributes":{}}}],"nextPage":null}"#.utf8)
    var random = SplitMix64(state: 1)
    func damaged(_ harm: Harm) -> [UInt8] {
      var answer = WireAnswer(.json(page), to: .api("runs"))
      harm.damage(&answer, at: .page, maxWait: 0, &random)
      return answer.content.bytes(in: 0..<answer.content.count)
    }
    #expect(damaged(.hugeDocument).count > 20_000_000)
    #expect(try JSONDocument(parsing: damaged(.manyMembers)).root["items"]?.elements?.first?["kind"]?.string == "Run")
    #expect(damaged(.deepDocument).count > 20_000)
    let extreme = try JSONDocument(parsing: damaged(.extremeNumbers)).root["items"]?.elements?.first?["metadata"]
    #expect(extreme?["was"]?.number == "1")
    #expect(extreme?["timeCreated"] != nil)
    #expect(String(validating: damaged(.badText), as: UTF8.self) == nil || damaged(.badText).count > page.count)
  }

  @Test func `the bomb is a hundred and sixty times what it weighs`() throws {
    try withTemporaryDirectory { path in
      let file = path + "/bomb.gz"
      let descriptor = try #require(fopen(file, "w"))
      #expect(fwrite(Gzip.bomb, 1, Gzip.bomb.count, descriptor) == Gzip.bomb.count)
      fclose(descriptor)
      let unpacked = try #require(
        shell("gzip -dc \(file) 2>/dev/null | wc -c").flatMap { Int($0.filter { $0.isNumber }) })
      #expect(unpacked > 150 * Gzip.bomb.count)
    }
  }
}
