import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(6)))
struct BodyLimitTests {
  private func exchange(limit: Int, truncates: Bool, _ script: Script) async throws -> ResponseResult {
    try await TransportTests.exchange(
      { HTTPRequest("GET", $0.url(), maximumBodyBytes: limit, truncatesBody: truncates) }, script)
  }

  private static let endless = Script { visit in
    visit.readRequest()
    visit.send("HTTP/1.1 200 OK\r\n\r\n")
    while visit.send("0123456789") {}
  }

  @Test func `a body of exactly the limit is whole`() async throws {
    let outcome = try await exchange(
      limit: 5, truncates: false,
      Script { visit in
        visit.readRequest()
        visit.answer("12345")
      })
    #expect(outcome.text == "12345")
  }

  @Test func `a body one byte over the limit is too large`() async throws {
    let outcome = try await exchange(
      limit: 5, truncates: false,
      Script { visit in
        visit.readRequest()
        visit.answer("123456")
      })
    #expect(outcome.fault == .bodyTooLarge(limit: 5))
  }

  @Test func `an endless body is given up at the limit`() async throws {
    let outcome = try await exchange(limit: 1000, truncates: false, Self.endless)
    #expect(outcome.fault == .bodyTooLarge(limit: 1000))
  }

  @Test func `of an endless body the first part is kept if that is all that is wanted`() async throws {
    let outcome = try await exchange(limit: 15, truncates: true, Self.endless)
    #expect(outcome.text == "012345678901234")
    #expect(try outcome.get().status == 200)
  }

  @Test func `a shorter body than the part that is wanted is kept whole`() async throws {
    let outcome = try await exchange(
      limit: 15, truncates: true,
      Script { visit in
        visit.readRequest()
        visit.answer("short")
      })
    #expect(outcome.text == "short")
  }

  @Test func `no body at all can be wanted`() async throws {
    let outcome = try await exchange(limit: 0, truncates: true, Self.endless)
    #expect(outcome.text == "")
  }

  @Test(arguments: [true, false]) func `the limit counts what was decompressed`(_ truncates: Bool) async throws {
    let outcome = try await exchange(
      limit: 50_000, truncates: truncates,
      Script { visit in
        visit.readRequest()
        visit.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(Bytes.zeros.count)\r\n\r\n")
        visit.send(Bytes.zeros)
        visit.hang()
      })
    if truncates {
      #expect(try outcome.get().body == [UInt8](repeating: 0, count: 50_000))
    } else {
      #expect(outcome.fault == .bodyTooLarge(limit: 50_000))
    }
  }
}
