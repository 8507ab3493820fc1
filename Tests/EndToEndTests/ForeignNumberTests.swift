import Crypto
import FoundationEssentials
import JSONSource
import Simulator
import Testing

/// Whatever number stands where we read one, nobody dies of it, and whoever stands beside is served once.
@Suite(.timeLimit(.minutes(6))) struct ForeignNumberTests {
  private static let numbers = [
    "1e400", "-1e400", "nan", "inf", "-0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "1000000000", "99999999999999999999999999", "0x7fffffffffffffff", "1.5", "",
  ]
  private static let dates = [
    "Thu, 01 Jan 300000000 00:00:00 GMT", "Sat, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Sun, 06 Nov 9223372036854775807 08:49:37 GMT",
  ]
  /// One line of a head each.
  private static let heads =
    ["Retry-After", "X-RateLimit-Reset-After", "X-RateLimit-Remaining", "Date"].flatMap { name in
      (numbers + dates).map { "\(name): \($0)" }
    } + numbers.map { "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset-After: \($0)" }
    + (numbers + dates).map { "Content-Length: \($0)" }
  /// Those that JSON can write.
  private static let jsonNumbers = numbers.filter { number in
    (try? JSONDocument(parsing: Array(number.utf8)))?.root.number != nil
  }
  private static let bodies = jsonNumbers.flatMap {
    ["{\"retry_after\": \($0)}", "{\"parameters\": {\"retry_after\": \($0)}}"]
  }

  private static func answer(_ number: Int) -> RawServer.Reply {
    if number < heads.count {
      let head = heads[number]
      let length = head.hasPrefix("Content-Length") ? "" : "Content-Length: 2\r\n"
      return RawServer.Reply(
        "HTTP/1.1 \(number % 2 == 0 ? 503 : 429) Later\r\n\(head)\r\n\(length)Connection: close\r\n\r\n{}")
    }
    return RawServer.Reply("429 Later", Array(bodies[number - heads.count].utf8))
  }

  @Test func `no number of a receiver ends us, and who stands beside it is told once`() async throws {
    let count = Self.heads.count + Self.bodies.count
    try await serving(RawServer { Self.answer(Int($0.path.dropFirst()) ?? 0) }) { server in
      try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
        let bad = (0..<count).map { "\"bad\($0)\": {\"type\": \"webhook\", \"url\": \"\(server.address)/\($0)\"}" }
        let sends = (0..<count).map { "{\"send\": \"bad\($0)\"}" } + ["{\"send\": \"hub\"}"]
        try stage.write(
          """
          {"version": 1, "watch": {"interval": "100ms"},
           "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}, \(bad.joined(separator: ", "))},
           "rules": [{"name": "ends", "actions": [\(sends.joined(separator: ", "))]}]}
          """)
        for start in 1...2 {
          let asked = stage.simulator.requestCount()
          let watch = try stage.start("--rules", "rules.json", "--since", "all")
          try await stage.simulator.requestCount(atLeast: asked + 2)
          for number in 0..<count { await server.requestCount("/\(number)", atLeast: 1) }
          try await stage.simulator.inboxCount("hub", atLeast: 1)
          let rows = try await stage.run("deliveries", "list", "--output", "json")
          #expect(rows.code == 0, "\(rows.errors)")
          watch.send(15)
          let end = try await watch.end()
          #expect(end.status == .exited(0), "start \(start): \(end.errors.suffix(2_000))")
        }
        #expect(stage.simulator.inbox("hub").count == 1)
        #expect(try await stage.run("explain", "run_a", "--output", "json").code == 0)
      }
    }
  }

  private static func document(_ number: Int, _ value: String) -> String {
    """
    {"runId": "run_\(number)", "workspaceId": "org", "spec": {"killedAt": \(value), "flow": {"name": "f"}},
     "metadata": {"timeCreated": \(value)}, "status": {"conditions": [
      {"condition": "Running", "status": "Reached", "lastTransitionTime": \(value)},
      {"condition": "Failed", "status": "Reached", "lastTransitionTime": \(number % 2 == 0 ? value : "1766000000000")}]}}
    """
  }

  /// The list of all documents, or one; every answer with another `Date`. The second to the fifth list fails, with a wait that
  /// asks for nothing.
  private static func api(_ documents: [String], _ request: RawRequest) -> RawServer.Reply {
    let odd = dates + numbers
    let date = "Date: \(odd[request.earlier % odd.count])"
    if request.path.hasSuffix("/runs"), (1..<5).contains(request.earlier) {
      return RawServer.Reply("503 Later\r\n\(date)\r\nRetry-After: Sat, 01 Jan 0001 00:00:00 GMT", [])
    }
    let id = request.path.split(separator: "_").last.flatMap { Int($0) }
    let body = id.map { documents[$0] } ?? "{\"items\": [\(documents.joined(separator: ", "))], \"nextPage\": null}"
    return RawServer.Reply("200 OK\r\n\(date)", Array(body.utf8))
  }

  @Test func `no number of the API ends us, and every run is told once`() async throws {
    let values = Self.jsonNumbers
    let documents = values.enumerated().map { Self.document($0, $1) }
    try await serving(RawServer { Self.api(documents, $0) }) { server in
      try await onStage { stage in
        let api = ["DATATURE_VI_API_ENDPOINT": server.address]
        try stage.write(
          RulesText.hub.replacing(
            "\"rules\": [",
            with:
              "\"rules\": [{\"name\": \"long\", \"on\": \"running\", \"for\": \"1h\", \"actions\": [{\"send\": \"hub\"}]}, "
          ))
        let watch = try stage.start("--rules", "rules.json", "--since", "all", with: api)
        try await stage.simulator.inboxCount("hub", atLeast: values.count)
        let list = "/workspaces/\(Scenario().organization)/runs"
        await server.requestCount(list, atLeast: 30)
        watch.send(15)
        let end = try await watch.end()
        #expect(end.status == .exited(0), "\(end.errors.suffix(2_000))")
        let told = try stage.simulator.inbox("hub").map { try $0.json[text: "subject"] ?? "" }
        #expect(told.sorted() == values.indices.map { "run_\($0)" }.sorted())
        for request in stage.simulator.inbox("hub") {
          for name in ["time", "data.startedAt", "data.endedAt", "data.createdAt"] {
            if let time = try request.json[text: name] { #expect(time.count == 24, "\(name) is \(time)") }
          }
        }
        for words in [
          ["runs", "list"], ["runs", "list", "--output", "json"], ["runs", "get", "run_0"], ["explain", "run_0"],
        ] {
          let answer = try await stage.run(arguments: words, with: api)
          #expect(answer.code == 0, "\(words): \(answer.errors)")
        }
      }
    }
  }

  @Test func `a wait that the API asks for is cut, and that is said`() async throws {
    for wait in ["1000000000", "1e400", "Thu, 01 Jan 300000000 00:00:00 GMT"] {
      try await serving(RawServer { _ in RawServer.Reply("429 Later\r\nRetry-After: \(wait)", []) }) { server in
        try await onStage { stage in
          try stage.write(RulesText.hub)
          let watch = try stage.start(
            "--rules", "rules.json", with: ["DATATURE_VI_API_ENDPOINT": server.address])
          try await watch.says("for longer than the limit: waiting 15m")
          #expect(watch.errors.contains("in 900000 ms"), "\(watch.errors)")
          watch.send(15)
          #expect(try await watch.end().status == .exited(0))
        }
      }
    }
  }

  @Test func `no number about a model ends us`() async throws {
    let document = Self.jsonNumbers.enumerated().map { number, value in
      """
      {"runOutputId": "m\(number)", "spec": {"epoch": \(value), "evaluationMetrics": {"loss": \(value)}},
       "status": {"contents": {"downloadUrl": {"url": "http://127.0.0.1:1/", "expiresAt": \(value)}}}}
      """
    }
    let page = "{\"items\": [\(document.joined(separator: ", "))]}"
    try await serving(RawServer { _ in RawServer.Reply("200 OK", Array(page.utf8)) }) { server in
      try await onStage { stage in
        let api = ["DATATURE_VI_API_ENDPOINT": server.address]
        let list = try await stage.run("models", "list", "run_a", "--output", "json", with: api)
        #expect(list.code == 0, "\(list.errors)")
        #expect(try list.rows.count == document.count)
      }
    }
  }

  @Test func `no number of a storage ends us`() async throws {
    for value in Self.numbers + ["70368744177665", "1099511627776"] {
      let lies = ["bytes 0-0/\(value)", "bytes \(value)-\(value)/\(value)", "bytes 0-\(value)/*"].map { range in
        Fault(on: .file, .status(206, headers: ["Content-Range": range, "Retry-After": value, "ETag": "x"], body: "x"))
      }
      let scenario = Scenario(
        modelSize: 10_000, runs: [.ended("run_a", .succeeded, ago: 300_000)],
        faults: lies + [Fault(on: .file, after: 3, .status(403))])
      try await onStage(scenario) { stage in
        let end = try await stage.run("models", "download", "run_a", "--timeout", "20s")
        guard case .exited = end.status else {
          Issue.record("\(value): \(end.status) \(end.errors)")
          return
        }
      }
    }
  }

  @Test func `a timestamp that nobody can mean is ahead or too old, and no death`() async throws {
    let key = SymmetricKey(data: try #require(Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
    try await onStage { stage in
      try stage.write("x", to: "body")
      for timestamp in [Int64.max, .min, 0] {
        let signed = HMAC<SHA256>.authenticationCode(for: Data("a.\(timestamp).x".utf8), using: key)
        let end = try await stage.shell(
          "exec \"$0\" verify --secret '${env:SECRET}' --id a \"--timestamp=$1\" --signature \"v1,$2\" < body",
          [Binary.path, "\(timestamp)", Data(signed).base64EncodedString()],
          with: ["SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
        #expect(end.code == 1 && end.errors.contains("the signature is right, but"), "\(end.status) \(end.errors)")
      }
    }
  }
}
