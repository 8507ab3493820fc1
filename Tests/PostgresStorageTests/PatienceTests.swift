import Locking
import Storage
import TestSupport
import Testing

@testable import PostgresStorage

/// Since when a server is away, and what is said of that.
struct PatienceTests {
  private let time = ManualTime()
  private let said = Locked<[StateWait]>([])

  private func patience() -> Patience {
    Patience(time: time.source) { [said] wait in said.withLock { $0.append(wait) } }
  }

  @Test func `a server is away when a call has waited for it for some seconds, until one is answered`() {
    let (patience, start) = (patience(), time.now)
    let first = patience.begin()
    patience.note(.away(why: "no answer"), first)
    time.advance(by: .seconds(2))
    #expect(patience.outage == nil)
    let second = patience.begin()
    patience.note(.away(why: "none here either"), second)
    time.advance(by: .seconds(1))
    #expect(patience.outage == StateOutage(since: start, why: "no answer"))
    #expect(patience.wait(.zero, first, limit: nil))
    // A page gives up; that says nothing of the server.
    patience.end(second, isAnswered: false)
    #expect(patience.outage?.since == start)
    time.advance(by: .seconds(10))
    let third = patience.begin()
    patience.note(.away(why: "no answer"), third)
    patience.end(third, isAnswered: true)
    #expect(patience.outage == nil)
    patience.end(first, isAnswered: true)
    #expect(said.withLock { $0 } == [.outOfReach(why: "no answer"), .over(after: .seconds(13))])
  }

  @Test func `what can't go on for another reason counts from then on`() {
    let patience = patience()
    let (reader, writer) = (patience.begin(), patience.begin())
    for call in [reader, writer] { patience.note(.away(why: "no answer"), call) }
    time.advance(by: .seconds(5))
    #expect(patience.wait(.zero, writer, limit: nil))
    patience.end(reader, isAnswered: true)
    let full = time.now
    patience.note(.refused(state: "53100", message: "no space"), writer)
    #expect(patience.wait(.zero, writer, limit: nil))
    #expect(said.withLock { $0.count } == 2)
    time.advance(by: .seconds(3))
    #expect(patience.outage == StateOutage(since: full, why: "no space (SQLSTATE 53100)"))
    // Others read meanwhile, which changes nothing.
    patience.end(patience.begin(), isAnswered: true)
    #expect(patience.outage?.since == full)
  }

  @Test func `who waits for a lock is not away, and who never answers is`() {
    let (patience, start) = (patience(), time.now)
    let locked = patience.begin()
    patience.note(.refused(state: "55P03", message: "lock timeout"), locked)
    time.advance(by: .seconds(29))
    #expect(patience.outage == nil)
    time.advance(by: .seconds(1))
    #expect(patience.outage == StateOutage(since: start, why: "lock timeout (SQLSTATE 55P03)"))
    patience.end(locked, isAnswered: true)
    let hanging = patience.begin()
    time.advance(by: .seconds(30))
    #expect(patience.outage?.why == "its server gives no answer")
    patience.end(hanging, isAnswered: true)
    #expect(patience.outage == nil)
    #expect(said.withLock { $0.isEmpty })
  }
}
