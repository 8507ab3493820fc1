import Locking
import Testing

@testable import SQLiteStorage

/// How long another program's lock is waited for.
struct BusyPatienceTests {
  @Test func `it is waited for until the time is up, in ever longer steps and none longer than a tenth of a second`() {
    var (tries, waited, longest) = (0, Duration.zero, Duration.zero)
    while case .wait(let pause) = BusyPatience.step(after: tries, limit: .seconds(60)) {
      #expect(BusyPatience.waited(tries) == waited)
      #expect(pause >= longest)
      longest = pause
      waited += pause
      tries += 1
    }
    #expect(longest == .milliseconds(100))
    #expect(waited >= .seconds(60) && waited < .milliseconds(60_100))
  }

  @Test func `the wait is told once, after three seconds, and cut short when we are to end`() {
    let told = Locked(0)
    let patience = BusyPatience(limit: .seconds(60)) { told.withLock { $0 += 1 } }
    let tries = (0...100).first { BusyPatience.waited($0 + 1) >= .seconds(3) } ?? 0
    for tries in [tries - 1, tries, tries + 1] { #expect(patience.goesOn(after: tries)) }
    #expect(told.withLock { $0 } == 1)
    patience.shorten(to: .seconds(2))
    #expect(!patience.goesOn(after: tries))
    #expect(patience.goesOn(after: 0))
    patience.shorten(to: .seconds(5))
    #expect(!patience.goesOn(after: tries), "it never gets longer again")
  }
}
