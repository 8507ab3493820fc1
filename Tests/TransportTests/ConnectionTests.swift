import Testing
import TestSupport

@testable import Transport

@Suite(.timeLimit(.minutes(6)))
struct ConnectionTests {
  @Test func `a thousand requests at once are all answered over eight connections`() async throws {
    try await serving(.echo) { server, client in
      let answers = await withTaskGroup(of: (Int, ResponseResult).self) { group in
        for number in 0..<1000 {
          group.addTask { (number, await client.outcome(of: HTTPRequest("GET", server.url("/\(number)")))) }
        }
        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      #expect(answers.count == 1000)
      #expect(answers.allSatisfy { $0.value.text == "/\($0.key)" })
      #expect(server.seen.requests.count == 1000)
      #expect((1...8).contains(server.seen.maxOpen))
      #expect(server.seen.connections == server.seen.maxOpen, "all connections were kept")
    }
  }

  @Test func `one request after another uses one connection`() async throws {
    try await serving(.echo) { server, client in
      for number in 1...20 {
        let answer = await client.outcome(of: HTTPRequest("POST", server.url("/\(number)"), body: [65]))
        #expect(answer.text == "/\(number)")
      }
      #expect(server.seen.connections == 1)
    }
  }

  @Test func `a connection that the server has closed meanwhile is replaced in silence`() async throws {
    try await serving(
      Script { visit in
        visit.readRequest()
        visit.answer("\(visit.number)")
        if visit.number > 1 { return }
        // The second request has been sent on this connection, and gets no answer.
        visit.readRequest()
        visit.reset()
      }
    ) { server, client in
      #expect(await client.outcome(of: HTTPRequest("GET", server.url())).text == "1")
      let second = await client.outcome(of: HTTPRequest("POST", server.url(), body: [65]))
      #expect(second.text == "2", "\(second)")
      #expect(server.seen.connections == 2)
    }
  }

  @Test func `a host that hangs doesn't hold up another`() async throws {
    try await serving(.hangs) { silent, client in
      try await serving(.echo) { lively, _ in
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<20 { group.addTask { _ = await client.outcome(of: HTTPRequest("GET", silent.url())) } }
          #expect(await client.outcome(of: HTTPRequest("GET", lively.url("/here"))).text == "/here")
          group.cancelAll()
        }
      }
    }
  }

  @Test func `who waits goes in when one is done`() async throws {
    let gate = Gate()
    let script = Script { visit in
      while visit.readRequest() != nil {
        gate.pass()
        visit.answer("done")
      }
    }
    try await serving(script, HTTPClient.Configuration(maximumConnectionsPerHost: 2)) { server, client in
      async let answers = withTaskGroup(of: ResponseResult.self) { group in
        for _ in 0..<5 { group.addTask { await client.outcome(of: HTTPRequest("GET", server.url())) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      await server.hasRead(2)
      #expect(server.seen.requests.count == 2)
      gate.open()
      #expect(await answers.map(\.text) == Array(repeating: "done", count: 5))
      #expect(server.seen.maxOpen == 2)
    }
  }
}
