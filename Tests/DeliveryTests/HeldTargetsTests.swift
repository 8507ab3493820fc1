import Rules
import Storage
import TestSupport
import Testing

@testable import Delivery

/// Of a state that several processes share: what this one may send to.
struct HeldTargetsTests {
  private func share(_ held: Set<Target>, surplus: Int = 0) -> TargetShare {
    var share = TargetShare(held: held)
    if surplus > 0 { share.surplus[.destinations] = surplus }
    return share
  }

  @Test func `what is held may be sent to until it is to be another's`() {
    var targets = HeldTargets([.deliver])
    #expect(!targets.contains("a"))
    #expect(targets.isDue(at: .zero))
    #expect(targets.take(share(["a", "b", "c"]), busy: { _ in false }, at: .zero) == ["a", "b", "c"])
    #expect(targets.contains("a") && !targets.contains("d"))
    #expect(!targets.isDue(at: .seconds(4)))
    #expect(targets.isDue(at: .seconds(5)))
    // Where something is under way it is given up last.
    #expect(targets.take(share(["a", "b", "c"], surplus: 2), busy: { $0 == "a" || $0 == "b" }, at: .zero) == [])
    #expect(targets.leaving == ["a", "c"])
    #expect(!targets.contains("a") && targets.contains("b") && !targets.contains("c"))
    // Asked again meanwhile, no more are given up.
    #expect(targets.take(share(["a", "b", "c"], surplus: 2), busy: { _ in false }, at: .zero) == [])
    #expect(targets.leaving == ["a", "c"])
    targets.gaveUp(["a", "c"])
    #expect(targets.leaving == [])
    #expect(targets.take(share(["b"]), busy: { _ in false }, at: .zero) == [])
    #expect(targets.take(share(["b", "c"]), busy: { _ in false }, at: .zero) == ["c"])
    // The rules file doesn't have it any more.
    #expect(targets.take(share(["c"]), busy: { _ in false }, at: .zero) == [])
    #expect(targets.leaving == ["b"])
  }

  @Test func `hooks and downloads are claimed by whoever runs hooks`() {
    #expect(HeldTargets([.hooks]).contains(.hook))
    #expect(HeldTargets([.hooks]).contains(.download))
    #expect(HeldTargets([.hooks]).contains(.lane(Lane(.hook, owner: "rule/0"))))
    #expect(!HeldTargets([.hooks]).contains(.lane(.include)))
    #expect(!HeldTargets([.deliver, .watch]).contains(.hook))
  }

  @Test func `a pace goes on where another process has left it`() {
    let limit = RateLimit(count: 10, per: .seconds(10))
    #expect(TokenBucket(limit, emptyFor: nil, at: ms(0)).available(at: ms(0)) == 10)
    #expect(TokenBucket(limit, emptyFor: .zero, at: ms(0)).available(at: ms(0)) == 0)
    #expect(TokenBucket(limit, emptyFor: .seconds(3), at: ms(0)).available(at: ms(0)) == 3)
    #expect(TokenBucket(limit, emptyFor: .seconds(3_600), at: ms(0)).available(at: ms(0)) == 10)
  }
}
