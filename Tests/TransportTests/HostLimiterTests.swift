import Testing

@testable import Transport

struct HostLimiterTests {
  @Test func `as many as the limit start and the rest follow in order`() {
    var hosts = HostLimiter(limit: 2)
    let starts = (1...5).map { hosts.enter($0, "a") }
    #expect(starts == [true, true, false, false, false])
    let next = (1...5).map { _ in hosts.leave("a") }
    #expect(next == [3, 4, 5, nil, nil])
    #expect(hosts.enter(6, "a") == true)
  }

  @Test func `origins don't touch each other`() {
    var hosts = HostLimiter(limit: 1)
    #expect(hosts.enter(1, "a") == true)
    #expect(hosts.enter(2, "b") == true)
    #expect(hosts.enter(3, "a") == false)
    #expect(hosts.leave("b") == nil)
    #expect(hosts.leave("a") == 3)
  }

  @Test func `who gave up is passed over`() {
    var hosts = HostLimiter(limit: 1)
    for id in 1...4 { _ = hosts.enter(UInt64(id), "a") }
    hosts.withdraw(2)
    hosts.withdraw(4)
    #expect(hosts.leave("a") == 3)
    #expect(hosts.leave("a") == nil)
    #expect(hosts.enter(5, "a") == true)
  }

  @Test func `a long queue keeps its order`() {
    var hosts = HostLimiter(limit: 1)
    for id in 0...1000 { _ = hosts.enter(UInt64(id), "a") }
    let order = (1...1000).map { _ in hosts.leave("a") }
    #expect(order == (1...1000).map { UInt64($0) })
    #expect(hosts.leave("a") == nil)
  }

  @Test func `a limit of none is a limit of one`() {
    var hosts = HostLimiter(limit: 0)
    #expect(hosts.enter(1, "a") == true)
    #expect(hosts.enter(2, "a") == false)
  }
}
