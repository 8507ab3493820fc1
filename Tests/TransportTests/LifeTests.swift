import Testing
import TestSupport

@testable import Transport

@Suite(.timeLimit(.minutes(6)))
struct LifeTests {
  @Test func `cancelling the task ends the transfer`() async throws {
    try await serving(.silent) { server, client in
      await withTaskGroup(of: ResponseResult.self) { group in
        group.addTask { await client.outcome(of: HTTPRequest("GET", server.url())) }
        await server.hasRead(1)
        group.cancelAll()
        #expect(await group.next()?.error == .cancelled)
      }
    }
  }

  @Test func `a task that was cancelled before sends nothing`() async throws {
    try await serving(.silent) { server, client in
      await withTaskGroup(of: ResponseResult.self) { group in
        group.cancelAll()
        group.addTask { await client.outcome(of: HTTPRequest("GET", server.url())) }
        #expect(await group.next()?.error == .cancelled)
      }
      #expect(server.seen.connections == 0)
    }
  }

  @Test func `who waits for a connection can be cancelled and the others go on`() async throws {
    let gate = Gate()
    let script = Script { visit in
      while visit.readRequest() != nil {
        gate.pass()
        visit.answer("done")
      }
    }
    try await serving(script, HTTPClient.Configuration(maximumConnectionsPerHost: 1)) { server, client in
      async let first = client.outcome(of: HTTPRequest("GET", server.url("/first")))
      await server.hasRead(1)
      await withTaskGroup(of: ResponseResult.self) { group in
        for _ in 0..<10 { group.addTask { await client.outcome(of: HTTPRequest("GET", server.url("/waits"))) } }
        group.cancelAll()
        for await outcome in group { #expect(outcome.error == .cancelled) }
      }
      async let last = client.outcome(of: HTTPRequest("GET", server.url("/last")))
      gate.open()
      #expect(await [first.text, last.text] == ["done", "done"])
      #expect(server.seen.requests.count == 2)
    }
  }

  @Test func `who gave up waiting is passed over`() async throws {
    let gate = Gate()
    let script = Script { visit in
      while visit.readRequest() != nil {
        gate.pass()
        visit.answer("done")
      }
    }
    try await serving(script, HTTPClient.Configuration(maximumConnectionsPerHost: 1)) { server, client in
      async let first = client.outcome(of: HTTPRequest("GET", server.url("/first")))
      await server.hasRead(1)
      let early = HTTPRequest("GET", server.url("/early"), timeout: .milliseconds(50))
      async let outcomes = [client.outcome(of: early), client.outcome(of: early)]
      let errors = await outcomes.map(\.error)
      #expect(errors == Array(repeating: .timedOut(host: "127.0.0.1", stage: .waiting), count: 2))
      gate.open()
      let last = await client.outcome(of: HTTPRequest("GET", server.url("/last"), timeout: .seconds(5)))
      #expect(await [first.text, last.text] == ["done", "done"])
    }
  }

  @Test func `requests cancelled at any moment all end`() async throws {
    try await serving(.echo) { server, client in
      for round in 0..<200 {
        await withTaskGroup(of: ResponseResult.self) { group in
          group.addTask { await client.outcome(of: HTTPRequest("GET", server.url())) }
          for _ in 0..<(round % 20) { await Task.yield() }
          group.cancelAll()
          let outcome = await group.next()
          #expect(outcome?.text == "/" || outcome?.error == .cancelled)
        }
      }
      #expect(await client.outcome(of: HTTPRequest("GET", server.url())).text == "/")
    }
  }

  @Test func `closing ends what runs and what waits`() async throws {
    try await serving(.silent, HTTPClient.Configuration(maximumConnectionsPerHost: 3)) { server, client in
      await withTaskGroup(of: ResponseResult.self) { group in
        for _ in 0..<50 { group.addTask { await client.outcome(of: HTTPRequest("GET", server.url())) } }
        await server.hasRead(3)
        await client.close()
        var ended = 0
        for await outcome in group {
          #expect(outcome.error == .closed)
          ended += 1
        }
        #expect(ended == 50)
      }
    }
  }

  @Test func `closing closes the kept connections`() async throws {
    try await serving(.once) { server, client in
      _ = try await client.send(HTTPRequest("GET", server.url()))
      await client.close()
      await server.hasRead(2)
      #expect(server.seen.requests.last == "hung up")
    }
  }

  @Test func `a closed client refuses and may be closed again`() async throws {
    try await serving(.silent) { server, client in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await client.outcome(of: HTTPRequest("GET", server.url())) }
        await server.hasRead(1)
        for _ in 0..<5 { group.addTask { await client.close() } }
      }
      await client.close()
      #expect(await client.outcome(of: HTTPRequest("GET", server.url())).error == .closed)
      #expect(server.seen.requests.count == 1)
    }
  }

  @Test func `a client that never sent anything closes and refuses`() async {
    let client = HTTPClient()
    await client.close()
    #expect(await client.outcome(of: HTTPRequest("GET", "http://127.0.0.1:9/")).error == .closed)
  }

  @Test func `a client that is dropped lets its connections go`() async throws {
    try await serving(.once) { server, _ in
      _ = try await HTTPClient().send(HTTPRequest("GET", server.url()))
      await server.hasRead(2)
      #expect(server.seen.requests.last == "hung up")
    }
  }
}
