import Storage
import TestSupport
import Testing

struct OldestSnapshotTests {
  @Test(arguments: [(nil, false), (.seconds(599), false), (.seconds(600), true)] as [(Duration?, Bool)])
  func `a transaction is too long from ten minutes on, where it can be seen`(age: Duration?, isTooLong: Bool) {
    let snapshot = OldestSnapshot(
      since: age.map { _ in ms(1) }, age: age, transactions: 1_000_000, processID: 1, role: "r", application: "")
    #expect(snapshot.isTooLong == isTooLong)
  }
}
