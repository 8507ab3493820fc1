import JSONSource
import Simulator
import Testing

/// The head of an answer decides, whatever becomes of the rest of it.
@Suite(.timeLimit(.minutes(6))) struct AnswerFaultTests {
  private static let broken: [(name: String, text: String, stalls: Bool)] = [
    ("short", "Content-Length: 100\r\n\r\nok", false), ("stalled", "Content-Length: 100\r\n\r\nok", true),
    ("chunk", "Transfer-Encoding: chunked\r\n\r\nzz\r\n", true),
    ("gzip", "Content-Encoding: gzip\r\nContent-Length: 11\r\n\r\nno gzip, no", true),
    ("unknown", "Content-Encoding: nobody-knows\r\nContent-Length: 2\r\n\r\nok", true),
  ]

  private static func reply(_ request: RawRequest) -> RawServer.Reply {
    let parts = request.path.dropFirst().split(separator: "-")
    guard parts.count == 2, let fault = broken.first(where: { $0.name == parts[1] }) else {
      return RawServer.Reply("404 No", [])
    }
    // A connection whose answer is whole, and which then stalls, must not be used again by a request that starts a little later.
    let head = "HTTP/1.1 \(parts[0]) Word\r\nConnection: close\r\nRetry-After: 3600\r\n"
    return RawServer.Reply(head + fault.text, stalls: fault.stalls)
  }

  @Test func `an answer without its end counts by its status, for every destination`() async throws {
    let statuses = [200, 400, 410, 429, 503]
    let names = statuses.flatMap { status in Self.broken.map { "\(status)-\($0.name)" } }
    try await serving(RawServer(Self.reply)) { server in
      try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
        let destinations = names.map { "\"\($0)\": {\"type\": \"webhook\", \"url\": \"\(server.address)/\($0)\"}" }
        let sends = names.map { "{\"send\": \"\($0)\"}" }
        try stage.write(
          """
          {"version": 1, "watch": {"interval": "100ms"}, "destinations": {\(destinations.joined(separator: ", "))},
           "rules": [{"name": "ends", "actions": [\(sends.joined(separator: ", "))]}]}
          """)
        _ = try await stage.run("--rules", "rules.json", "--since", "all", "--once")
        let list = try await stage.run("deliveries", "list", "--output", "json")
        #expect(list.code == 0, "\(list.errors)")
        let rows = try list.rows
        #expect(rows.count == names.count)
        for row in rows {
          let name = row[text: "destination"] ?? ""
          let expected =
            name.hasPrefix("200") ? "delivered" : name.hasPrefix("4") && !name.hasPrefix("429") ? "dead" : "pending"
          #expect(row[text: "status"] == expected, "\(name): \(row[text: "status"] ?? "") \(row[text: "reason"] ?? "")")
          #expect(row[text: "attempts"] == "1", "\(name)")
        }
        let table = try await stage.run("deliveries", "list")
        for name in names where !name.hasPrefix("200") && !name.hasPrefix("400") {
          let words = name.hasPrefix("410") ? "stopped since" : "held until"
          #expect((table.output + table.errors).contains("\(name): \(words)"), "\(table.output) \(table.errors)")
        }
        for name in names { #expect(server.requests("/\(name)").count == 1, "\(name)") }
      }
    }
  }

  @Test func `a receiver may think as long as its time-out says`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      stage.simulator.setAnswers([.status(200, delay: 40_000)], forInbox: "thinker")
      try stage.write(
        """
        {"version": 1, "watch": {"interval": "100ms"},
         "destinations": {"thinker": {"type": "webhook", "url": "\(stage.simulator.endpoint)/inbox/thinker", "timeout": "2m"}},
         "rules": [{"name": "ends", "actions": [{"send": "thinker"}]}]}
        """)
      let watched = try await stage.run("--rules", "rules.json", "--since", "all", "--once")
      #expect(watched.code == 0, "\(watched.errors)")
      let rows = try await stage.run("deliveries", "list", "--output", "json").rows
      #expect(rows.map { $0[text: "status"] } == ["delivered"] && rows.map { $0[text: "attempts"] } == ["1"])
      #expect(stage.simulator.inbox("thinker").count == 1)
    }
  }

  @Test func `of the API, too, the status decides, and a page without its end is read again`() async throws {
    for (status, code, words) in [
      (401, 77, "refused the credentials"), (429, 75, "asks for fewer requests"), (500, 69, "is failing"),
      (200, 69, "could not be read"),
    ] {
      try await serving(
        RawServer { _ in
          RawServer.Reply("HTTP/1.1 \(status) Word\r\nRetry-After: 1\r\nContent-Length: 100\r\n\r\n{\"items\": [")
        }
      ) { server in
        try await onStage { stage in
          try stage.write(RulesText.hub)
          let end = try await stage.run(
            "--rules", "rules.json", "--once", with: ["DATATURE_VI_API_ENDPOINT": server.address])
          #expect(end.code == code && end.errors.contains(words), "\(status): \(end.status) \(end.errors)")
        }
      }
    }
  }

  @Test func `where a redirect leads is said, without what may be secret`() async throws {
    try await serving(
      RawServer { _ in RawServer.Reply("307 Moved\r\nLocation: https://u:w@new.example/hidden?k=hidden", []) }
    ) {
      server in
      try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
        try stage.write(RulesText.hub.replacing("ENDPOINT/inbox/hub", with: "\(server.address)/hook"))
        _ = try await stage.run("--rules", "rules.json", "--since", "all", "--once")
        let row = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first)
        let show = try await stage.run("deliveries", "show", row[text: "id"] ?? "")
        #expect(show.output.contains("answered 307, which points to https://new.example"), "\(show.output)")
        #expect(!show.output.contains("hidden") && !show.output.contains("u:w"))
        let api = try await stage.run(
          "--rules", "rules.json", "--once", with: ["DATATURE_VI_API_ENDPOINT": server.address])
        #expect(api.errors.contains("which points to https://new.example"), "\(api.errors)")
        #expect(!api.errors.contains("hidden"))
      }
    }
  }
}
