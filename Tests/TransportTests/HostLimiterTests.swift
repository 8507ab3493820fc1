import TestSupport
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

  @Test func `who has none under way needn't wait for others`() {
    var hosts = HostLimiter(limit: 2)
    #expect((1...3).map { hosts.enter($0, "a", "many") } == [true, true, false])
    #expect(hosts.enter(4, "a", "few") == true)
    #expect(hosts.enter(5, "a", "few") == false)
    // One too many is under way.
    #expect(hosts.leave("a", "many") == nil)
    // Its own turn goes on, though another has waited longer.
    #expect(hosts.leave("a", "few") == 5)
    #expect(hosts.leave("a", "many") == 3)
    #expect(hosts.leave("a", "few") == nil)
    #expect(hosts.leave("a", "many") == nil)
    #expect((6...8).map { hosts.enter($0, "a", "few") } == [true, true, false])
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `nobody waits for others alone, nobody overtakes among his own, and no slot stays free`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let (limit, keys) = (Int.random(in: 1...4, using: &random), ["a", "b", "c"])
    var hosts = HostLimiter(limit: limit)
    var (busy, waiting, gone) = ([String: Set<UInt64>](), [String: [UInt64]](), Set<UInt64>())
    for id in 1...400 as ClosedRange<UInt64> {
      let key = keys.randomElement(using: &random) ?? ""
      switch Int.random(in: 0..<5, using: &random) {
      case 0...1:
        if hosts.enter(id, "host", key) {
          busy[key, default: []].insert(id)
        } else {
          #expect(busy[key]?.isEmpty == false)
          waiting[key, default: []].append(id)
        }
      case 2:
        guard let id = waiting[key]?.randomElement(using: &random) else { continue }
        waiting[key]?.removeAll { $0 == id }
        gone.insert(id)
        hosts.withdraw(id)
      default:
        guard let ended = busy[key]?.first else { continue }
        busy[key]?.remove(ended)
        guard let next = hosts.leave("host", key) else { break }
        let owner = keys.first { waiting[$0]?.first == next }
        #expect(!gone.contains(next))
        waiting[owner ?? ""]?.removeFirst()
        busy[owner ?? "", default: []].insert(next)
      }
      let count = busy.values.reduce(0) { $0 + $1.count }
      #expect(count <= limit + keys.count - 1)
      #expect(waiting.values.allSatisfy(\.isEmpty) || count >= limit)
      for key in keys where waiting[key]?.isEmpty == false { #expect(busy[key]?.isEmpty == false) }
    }
  }
}
