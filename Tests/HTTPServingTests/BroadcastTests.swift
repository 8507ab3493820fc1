import Runs
import TestSupport
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(3))) struct BroadcastTests {
  private func message(_ id: String) -> Broadcast.Message { .init(id: id, data: Array("{}".utf8)) }

  private func bytes(_ id: String) -> Subscription.Taken { .bytes(Array("id: \(id)\nretry: 2000\ndata: {}\n\n".utf8)) }

  @Test func `everybody gets what is published, in order`() throws {
    let broadcast = Broadcast()
    let readers = try (0..<2).map { _ in try #require(broadcast.subscribe(after: nil)) }
    broadcast.publish(message("1"))
    broadcast.publish(message("2"))
    for reader in readers {
      #expect(reader.take() == bytes("1"))
      #expect(reader.take() == bytes("2"))
      #expect(reader.take() == .nothing)
    }
  }

  @Test func `who comes later gets what was published last, unless they have it`() throws {
    let broadcast = Broadcast()
    broadcast.publish(message("1"))
    broadcast.publish(message("2"))
    #expect(try #require(broadcast.subscribe(after: nil)).take() == bytes("2"))
    #expect(try #require(broadcast.subscribe(after: "1")).take() == bytes("2"))
    #expect(try #require(broadcast.subscribe(after: "2")).take() == .nothing)
  }

  @Test func `who doesn't keep up is dropped, and others aren't`() throws {
    let broadcast = Broadcast(maxWaiting: 2)
    let (slow, quick) = (try #require(broadcast.subscribe(after: nil)), try #require(broadcast.subscribe(after: nil)))
    for id in ["1", "2", "3"] {
      broadcast.publish(message(id))
      #expect(quick.take() == bytes(id))
    }
    #expect(slow.take() == .end)
  }

  @Test func `there are so many readers and no more, and none after the end`() throws {
    let broadcast = Broadcast(maxReaders: 1)
    let first = try #require(broadcast.subscribe(after: nil))
    #expect(broadcast.subscribe(after: nil) == nil)
    first.leave()
    let second = try #require(broadcast.subscribe(after: nil))
    broadcast.end()
    #expect(second.take() == .end)
    second.leave()
    #expect(broadcast.subscribe(after: nil) == nil)
  }

  @Test func `a stream brings news, and a sign of life where there are none`() async throws {
    let (broadcast, time) = (Broadcast(), ManualTime())
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let server = Server(listener, time: time.source) { _ in
      broadcast.subscribe(after: nil).map { Response(200, body: .events($0)) } ?? .text("full", status: 503)
    }
    let serving = Task { try await server.run() }
    defer { serving.cancel() }
    let client = try RawClient(port: listener.port)
    defer { client.close() }
    client.send("GET / HTTP/1.1\r\n\r\n")
    await broadcast.waitForReader()
    broadcast.publish(message("1"))
    #expect(await client.read(until: "data: {}\n\n").contains("id: 1\n"))
    while time.untilNextWake != .seconds(15) { await Task.yield() }
    time.advance(by: .seconds(15))
    #expect(await client.read(until: ":\n\n").contains(":\n\n"))
    broadcast.end()
    #expect(await client.readToEnd().isEmpty)
    while broadcast.readers > 0 { await Task.yield() }
  }
}
