import Locking
import Testing

@testable import Transport

/// Keeps what it is given, as far as it was told to.
private final class Basin: BodySink {
  struct Seen: Sendable {
    var heads: [Int] = []
    var bytes: [UInt8] = []
  }

  let seen = Locked(Seen())
  private let isOpen: Bool
  private let capacity: Int

  init(isOpen: Bool = true, capacity: Int = .max) {
    self.isOpen = isOpen
    self.capacity = capacity
  }

  func accepts(_ head: HTTPResponse) -> Bool {
    seen.withLock { $0.heads.append(head.headers["X-Height"].flatMap(Int.init) ?? head.status) }
    return isOpen
  }

  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    seen.withLock { seen in
      guard seen.bytes.count + bytes.count <= capacity else { return false }
      seen.bytes += bytes
      return true
    }
  }
}

/// Says when it is gone.
private final class MortalSink: BodySink {
  private let gone: WakeUp

  init(_ gone: WakeUp) { self.gone = gone }

  deinit { gone.ring() }

  func accepts(_ head: HTTPResponse) -> Bool { true }
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool { true }
}

@Suite(.timeLimit(.minutes(6)))
struct BodySinkTests {
  /// A sink may hold a lock that the next attempt needs, so it must be released with the request, not when the thread wakes.
  @Test func `a request that is cancelled at once lets go of its sink`() async throws {
    func cancelAtOnce(_ client: HTTPClient, _ url: String, _ gone: WakeUp) async {
      var request = HTTPRequest("GET", url)
      request.sink = MortalSink(gone)
      let sending = Task { [request] in await client.outcome(of: request) }
      sending.cancel()
      _ = await sending.value
    }
    try await serving(.echo) { server, client in
      // The thread sleeps for a minute when nothing runs, so a few late releases exceed the time limit.
      for _ in 0..<100 {
        let gone = WakeUp()
        await cancelAtOnce(client, server.url(), gone)
        await gone.wait()
      }
    }
  }

  /// A gzip file that holds `hello`.
  private static let gzip: [UInt8] = [
    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x86, 0xA6, 0x10, 0x36, 5, 0, 0, 0,
  ]

  private static let compressed = Script { visit in
    while visit.readRequest() != nil {
      visit.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(gzip.count)\r\n\r\n")
      visit.send(gzip)
    }
  }

  @Test func `a sink gets the head and then the whole body, of which nothing stays in memory`() async throws {
    let basin = Basin()
    let body = String(repeating: "0123456789", count: 200_000)
    let outcome = try await exchange(
      { HTTPRequest("GET", $0.url(), maximumBodyBytes: 10, sink: basin) },
      Script { visit in
        visit.readRequest()
        visit.answer(body, headers: "X-Height: 7\r\n")
      })
    #expect(try outcome.get().body.isEmpty)
    #expect(basin.seen.withLock(\.heads) == [7])
    #expect(basin.seen.withLock(\.bytes) == Array(body.utf8))
  }

  @Test func `a body that the sink does not want is held in memory, under the request's limit`() async throws {
    let basin = Basin(isOpen: false)
    let outcome = try await exchange(
      { HTTPRequest("GET", $0.url(), maximumBodyBytes: 4, truncatesBody: true, sink: basin) },
      Script { visit in
        visit.readRequest()
        visit.answer("no such file", status: "404 Not Found")
      })
    #expect(outcome.text == "no s")
    #expect(basin.seen.withLock(\.heads) == [404])
  }

  @Test func `a sink that wants no more ends the transfer`() async throws {
    let basin = Basin(capacity: 100_000)
    let outcome = try await exchange(
      { HTTPRequest("GET", $0.url(), sink: basin) },
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\n\r\n")
        while visit.send("0123456789") {}
      })
    #expect(outcome.error == .notTaken)
  }

  @Test func `an answer without a body does not ask the sink`() async throws {
    let basin = Basin()
    let outcome = try await exchange(
      { HTTPRequest("GET", $0.url(), sink: basin) },
      Script { visit in
        visit.readRequest()
        visit.answer()
      })
    #expect(try outcome.get().status == 200)
    #expect(basin.seen.withLock(\.heads).isEmpty)
  }

  @Test func `a sink gets bytes as they are sent, and the next request on the handle is decompressed again`()
    async throws
  {
    let basin = Basin()
    try await serving(Self.compressed) { server, client in
      #expect(await client.outcome(of: HTTPRequest("GET", server.url())).text == "hello")
      _ = try await client.send(HTTPRequest("GET", server.url(), sink: basin))
      #expect(await client.outcome(of: HTTPRequest("GET", server.url())).text == "hello")
      #expect(server.seen.connections == 1)
      #expect(!(server.seen.requests[1].contains("gzip")))
    }
    #expect(basin.seen.withLock(\.bytes) == Self.gzip)
  }

  @Test func `a body that stops too early is cut short, also for a sink`() async throws {
    let basin = Basin()
    let outcome = try await exchange(
      { HTTPRequest("GET", $0.url(), sink: basin) },
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234")
      })
    #expect(outcome.fault == .cutShort)
    #expect(basin.seen.withLock(\.bytes) == Array("01234".utf8))
  }
}
