import FoundationEssentials
import Glibc
import JSONSource
import Simulator
import Testing

/// Nobody who answers us decides how much memory we take.
@Suite(.timeLimit(.minutes(6))) struct MemoryTests {
  /// The most that a process has had in memory at once, in MB.
  private func peak(of process: pid_t) throws -> Int {
    let status = String(decoding: try Data(contentsOf: URL(filePath: "/proc/\(process)/status")), as: UTF8.self)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    let digits = String(line.filter(\.isNumber))
    let kilobytes = try #require(Int(digits))
    return kilobytes / 1024
  }

  private static func document(_ id: String, fill: Int) -> String {
    """
    {"runId": "\(id)", "spec": {"flow": {"name": "f"}, "pad": "\(String(repeating: "x", count: fill))"},
     "status": {"conditions": [{"condition": "Failed", "status": "Reached", "lastTransitionTime": 1766000000000}]}}
    """
  }

  /// Pages of as many items as are asked for; tokens are places in the list.
  private static func page(_ documents: [String], _ request: RawRequest) -> RawServer.Reply {
    let query = request.line.split(separator: "?").last?.split(separator: "&") ?? []
    func number(_ name: String) -> Int? { query.first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(2)) } }
    let (start, size) = (number("p=") ?? 0, number("s=") ?? 100)
    let end = min(documents.count, start + size)
    let next = end < documents.count ? "\"\(end)\"" : "null"
    return RawServer.Reply(
      "200 OK", Array("{\"items\": [\(documents[start..<end].joined(separator: ","))], \"nextPage\": \(next)}".utf8))
  }

  @Test func `huge documents are named and left out, and the others served, in little memory`() async throws {
    let huge = (0..<15).map { Self.document("run_huge\($0)", fill: 20 << 20) }
    let nested =
      "{\"runId\": \"run_nested\", \"status\": {\"conditions\": []}, \"x\": [\(Array(repeating: "0", count: 1 << 20).joined(separator: ","))]}"
    let documents = huge + [nested, Self.document("run_small", fill: 10)]
    try await serving(RawServer { Self.page(documents, $0) }) { server in
      try await onStage { stage in
        let api = ["DATATURE_VI_API_ENDPOINT": server.address]
        try stage.write(RulesText.hub)
        let watch = try stage.start("--rules", "rules.json", "--since", "all", with: api)
        try await stage.simulator.inboxCount("hub", atLeast: 1)
        for run in ["run_huge0", "run_huge14", "run_nested"] { try await watch.says("run=\(run)") }
        let peak = try peak(of: watch.processID)
        #expect(peak < 150, "\(peak) MB")
        watch.send(15)
        let end = try await watch.end()
        #expect(end.code == 0)
        #expect(end.errors.contains("it is larger than 4 MiB"), "\(end.errors.prefix(3_000))")
        #expect(try stage.simulator.inbox("hub").map { try $0.json[text: "subject"] } == ["run_small"])
      }
    }
  }

  /// 64 MB of zeros in 65 kB.
  private func bomb(_ stage: Stage) async throws -> [UInt8] {
    let end = try await stage.shell("head -c 64000000 /dev/zero | gzip -9 > bomb", [])
    #expect(end.code == 0)
    return try stage.bytes("bomb")
  }

  @Test func `what unpacks to a thousand times its size costs nothing where a message is expected`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      let bomb = try await bomb(stage)
      #expect(bomb.count < 100_000)
      try await serving(RawServer { _ in RawServer.Reply("502 Bad Gateway\r\nContent-Encoding: gzip", bomb) }) {
        server in
        try stage.write(RulesText.hub)
        let watch = try stage.start(
          "--rules", "rules.json", with: ["DATATURE_VI_API_ENDPOINT": server.address])
        await server.requestCount("/workspaces/\(Scenario().organization)/runs", atLeast: 3)
        try await watch.says("is failing (502)")
        let peak = try peak(of: watch.processID)
        #expect(peak < 70, "\(peak) MB")
        watch.send(15)
        #expect(try await watch.end().code == 0)
      }
    }
  }

  @Test func `more than a look may keep is left for the next one, and nothing is lost`() async throws {
    // More than one answer may hold. All of it, with its events, would be 240 MiB at once.
    let documents = (0..<40).map { Self.document("run_\($0)", fill: 2 << 20) }
    try await serving(RawServer { Self.page(documents, $0) }) { server in
      try await onStage { stage in
        try stage.write(RulesText.hub)
        let watch = try stage.start(
          "--rules", "rules.json", "--since", "all", with: ["DATATURE_VI_API_ENDPOINT": server.address])
        try await stage.simulator.inboxCount("hub", atLeast: documents.count)
        let peak = try peak(of: watch.processID)
        // At the worst moment an answer of up to 64 MiB, what one look keeps (64), what the one before has left to be sent (64), and
        // what is being sent are there together.
        #expect(peak < 330, "\(peak) MB")
        watch.send(15)
        let end = try await watch.end()
        #expect(end.code == 0)
        #expect(end.errors.contains("left for the next sweep"), "\(end.errors.prefix(3_000))")
        let told = try stage.simulator.inbox("hub").map { try $0.json[text: "subject"] ?? "" }
        #expect(told.sorted() == documents.indices.map { "run_\($0)" }.sorted())
      }
    }
  }
}
