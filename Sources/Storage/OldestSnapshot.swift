package import Runs

/// The transaction of the state's database that has been open for longest. What was changed or deleted since can't be cleared
/// away, and everything that reads the tables becomes slower.
package struct OldestSnapshot: Sendable, Equatable {
  /// By the server's clock, and how long ago that is; nil: it is of a session of which this role may see no more.
  package let since: Timestamp?
  package let age: Duration?
  /// How many transactions have begun since.
  package let transactions: Int
  /// The session's process on the server, its role, and what it calls itself (`psql`): anybody's text.
  package let processID: Int64
  package let role: String
  package let application: String

  /// So long that it slows the database down: ten minutes and more.
  package var isTooLong: Bool { age.map { $0 >= .seconds(600) } ?? false }

  package init(
    since: Timestamp?, age: Duration?, transactions: Int, processID: Int64, role: String, application: String
  ) {
    (self.since, self.age, self.transactions) = (since, age, transactions)
    (self.processID, self.role, self.application) = (processID, role, application)
  }
}
