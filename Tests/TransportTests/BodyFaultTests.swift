import Testing

@testable import Transport

/// Once the head is there the server has spoken, whatever becomes of the body.
@Suite(.timeLimit(.minutes(6)))
struct BodyFaultTests {
  static let statuses = ["200 OK", "204 No Content", "400 Bad Request", "401 No", "410 Gone", "429 Slow", "503 Later"]

  private static let broken: [(text: String, fault: TransportError)] = [
    ("Content-Length: 10\r\n\r\nabc", .cutShort),
    ("Transfer-Encoding: chunked\r\n\r\n5\r\nab", .cutShort),
    ("Transfer-Encoding: chunked\r\n\r\nnot a number\r\n", .badAnswer),
    ("Content-Encoding: gzip\r\nContent-Length: 11\r\n\r\nno gzip, no", .badAnswer),
    ("Content-Encoding: nobody-knows\r\nContent-Length: 2\r\n\r\nab", .badAnswer),
  ]

  @Test(arguments: statuses.filter { $0 != "204 No Content" })
  func `an answer whose body breaks keeps its status and its fields`(_ status: String) async throws {
    for (text, fault) in Self.broken {
      for resets in [false, true] where !resets || fault == .cutShort {
        let answer = try await exchange { visit in
          visit.readRequest()
          visit.send("HTTP/1.1 \(status)\r\nRetry-After: 7\r\n\(text)")
          if resets { visit.reset() } else if fault != .cutShort { visit.hang() }
        }.get()
        #expect(status.hasPrefix("\(answer.status) "))
        #expect(answer.bodyFault == fault, "\(text)")
        #expect(answer.headers["Retry-After"] == "7")
      }
    }
  }

  @Test func `who asks for no encodings meets none`() async throws {
    try await serving(
      Script { visit in
        while visit.readRequest() != nil {
          visit.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\nno gzip, no")
        }
      }
    ) { server, client in
      for accepts in [false, true, false] {
        let outcome = await client.outcome(of: HTTPRequest("GET", server.url(), acceptsEncodings: accepts))
        #expect(outcome.fault == (accepts ? .badAnswer : nil))
        #expect(server.seen.requests.last?.contains("Accept-Encoding: ") == accepts)
        if !accepts { #expect(outcome.text == "no gzip, no") }
      }
    }
  }

  @Test func `a body is waited for as long as the request says, and no longer`() async throws {
    let start = SuspendingClock.now
    let answer = try await exchange(
      { HTTPRequest("POST", $0.url(), timeout: .seconds(50), bodyPatience: .milliseconds(200)) },
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 410 Gone\r\nContent-Length: 10\r\n\r\nab")
        visit.hang()
      }
    ).get()
    #expect(answer.status == 410)
    #expect(answer.bodyFault == .timedOut(host: "127.0.0.1", stage: .answering))
    #expect(answer.body == Array("ab".utf8))
    #expect(start.duration(to: .now) < .seconds(40))
  }

  @Test func `patience begins with the head, and covers no head that never comes`() async throws {
    let error = try await exchange(
      { HTTPRequest("POST", $0.url(), timeout: .milliseconds(400), bodyPatience: .zero) }, .hangs
    ).error
    #expect(error == .timedOut(host: "127.0.0.1", stage: .answering))
  }

  @Test func `a body that comes in time is whole`() async throws {
    let answer = try await exchange(
      { HTTPRequest("POST", $0.url(), bodyPatience: .seconds(20)) },
      Script { visit in
        visit.readRequest()
        visit.answer("all of it")
      }
    ).get()
    #expect(answer.bodyFault == nil)
    #expect(answer.body == Array("all of it".utf8))
  }

  @Test func `of an answer that is no 2xx a message is read, and of a 2xx all`() async throws {
    for (status, length) in [("200 OK", 50_000), ("502 Bad Gateway", 1_000), ("301 Moved", 1_000)] {
      let answer = try await exchange(
        { HTTPRequest("GET", $0.url(), maximumErrorBytes: 1_000) },
        Script { visit in
          visit.readRequest()
          visit.send("HTTP/1.1 \(status)\r\nContent-Encoding: gzip\r\nContent-Length: \(Bytes.zeros.count)\r\n\r\n")
          visit.send(Bytes.zeros)
        }
      ).get()
      #expect(answer.body.count == (length == 1_000 ? 1_000 : 100_000))
      #expect(answer.bodyFault == nil)
    }
  }

  @Test func `a body that is announced as too large is not read`() async throws {
    let outcome = try await exchange(
      { HTTPRequest("GET", $0.url(), maximumBodyBytes: 1_000) },
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n1")
        visit.hang()
      })
    #expect(outcome.fault == .bodyTooLarge(limit: 1_000))
    #expect(outcome.text == "")
  }
}
