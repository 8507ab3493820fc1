import Glibc
import Testing

/// `watch.heartbeat`, for a monitor that notices when nothing comes any more.
@Suite(.timeLimit(.minutes(6))) struct HeartbeatTests {
  private static let ping = "/ping/5f2b9c0e-secret"

  @Test func `each whole sweep asks the URL, and a look from cron does`() async throws {
    try await onStage { stage in
      try await serving(RawServer { _ in .init("200 OK", Array("OK".utf8)) }) { monitor in
        try stage.write(Self.rules(monitor))
        let watcher = try stage.start("--rules", "rules.json")
        await monitor.requestCount(Self.ping, atLeast: 2)
        watcher.send(SIGTERM)
        let end = try await watcher.end()
        #expect(end.code == 0)
        #expect(!end.errors.contains("5f2b9c0e"))
        let before = monitor.requests(Self.ping).count
        #expect(monitor.requests(Self.ping).allSatisfy { $0.line.hasPrefix("GET ") })
        #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
        #expect(monitor.requests(Self.ping).count == before + 1)
      }
    }
  }

  @Test func `a source out of sight is a failure with its reason, once`() async throws {
    try await onStage { stage in
      let monitor = try RawServer { request in
        request.path.hasPrefix("/ping") ? .init("200 OK", []) : .init("503 Service Unavailable", Array("down".utf8))
      }
      try await serving(monitor) { monitor in
        try stage.write(Self.rules(monitor, more: #", "unreachableAfter": "1s""#))
        let watcher = try stage.start("--rules", "rules.json", with: ["DATATURE_VI_API_ENDPOINT": monitor.address])
        await monitor.requestCount("\(Self.ping)/fail", atLeast: 1)
        let failure = try #require(monitor.requests("\(Self.ping)/fail").first)
        #expect(failure.line == "POST \(Self.ping)/fail?rid=7")
        #expect(String(decoding: failure.body, as: UTF8.self).contains("503"))
        watcher.send(SIGTERM)
        #expect(try await watcher.end().code == 0)
        #expect(monitor.requests("\(Self.ping)/fail").count == 1)
        #expect(monitor.requests(Self.ping).isEmpty)
      }
    }
  }

  private static func rules(_ monitor: RawServer, more: String = "") -> String {
    """
    {"version": 1, "watch": {"interval": "100ms", "heartbeat": "\(monitor.address)\(ping)?rid=7"\(more)},
     "destinations": {"chat": {"type": "slack", "url": "ENDPOINT/inbox/chat"}},
     "rules": [{"name": "all", "actions": [{"send": "chat"}]}]}
    """
  }
}
