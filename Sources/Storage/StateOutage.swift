package import Runs

/// A state that can't be reached at this moment, and is waited for.
package struct StateOutage: Sendable, Equatable {
  /// By this machine's clock.
  package let since: Timestamp
  /// A clause for people, without a secret.
  package let why: String

  package init(since: Timestamp, why: String) {
    (self.since, self.why) = (since, why)
  }

  /// A clause with what to do.
  package var words: String {
    "the state has been out of reach since \(since.iso8601): \(why); nothing is lost, vi-notify waits for it and goes on by "
      + "itself: start its server, or mend the way to it"
  }
}

/// What a store says of calls that wait for longer than some seconds.
package enum StateWait: Sendable, Equatable {
  /// Another program has the state locked; its process, where it is known.
  case locked(processID: String?)
  /// It can't be reached, read or written, for this reason.
  case outOfReach(why: String)
  /// It can be reached again after so long.
  case over(after: Duration)
}

/// A look at the state for somebody who would rather have no answer than a late one: what is read for a page or a scrape.
package enum Glance {
  /// For one read. A server that is away is noticed earlier.
  private static let time: Duration = .seconds(2)

  /// For how long the reads of this task wait for a state that is out of reach; nil: for as long as its store thinks right.
  @TaskLocal package static var limit: Duration?

  package static func take<Value>(
    _ look: () async throws(StorageError) -> Value
  ) async throws(StorageError) -> Value {
    func result() async -> Result<Value, StorageError> {
      do throws(StorageError) {
        return .success(try await look())
      } catch {
        return .failure(error)
      }
    }
    return try await $limit.withValue(time, operation: result).get()
  }
}
