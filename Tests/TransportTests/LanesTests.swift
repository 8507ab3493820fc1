import Testing

@testable import Transport

struct LanesTests {
  @Test func `as many as the limit start and the rest follow in order`() {
    var lanes = Lanes(limit: 2)
    let starts = (1...5).map { lanes.enter($0, "a") }
    #expect(starts == [true, true, false, false, false])
    let next = (1...5).map { _ in lanes.leave("a") }
    #expect(next == [3, 4, 5, nil, nil])
    #expect(lanes.enter(6, "a") == true)
  }

  @Test func `origins don't touch each other`() {
    var lanes = Lanes(limit: 1)
    #expect(lanes.enter(1, "a") == true)
    #expect(lanes.enter(2, "b") == true)
    #expect(lanes.enter(3, "a") == false)
    #expect(lanes.leave("b") == nil)
    #expect(lanes.leave("a") == 3)
  }

  @Test func `who gave up is passed over`() {
    var lanes = Lanes(limit: 1)
    for id in 1...4 { _ = lanes.enter(UInt64(id), "a") }
    lanes.withdraw(2)
    lanes.withdraw(4)
    #expect(lanes.leave("a") == 3)
    #expect(lanes.leave("a") == nil)
    #expect(lanes.enter(5, "a") == true)
  }

  @Test func `a long queue keeps its order`() {
    var lanes = Lanes(limit: 1)
    for id in 0...1000 { _ = lanes.enter(UInt64(id), "a") }
    let order = (1...1000).map { _ in lanes.leave("a") }
    #expect(order == (1...1000).map { UInt64($0) })
    #expect(lanes.leave("a") == nil)
  }

  @Test func `a limit of none is a limit of one`() {
    var lanes = Lanes(limit: 0)
    #expect(lanes.enter(1, "a") == true)
    #expect(lanes.enter(2, "a") == false)
  }
}
