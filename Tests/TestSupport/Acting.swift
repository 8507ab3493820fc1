package import Runs
package import Storage

extension Agent {
  /// For tests in which it doesn't matter who acts.
  package static let someone = Agent(.command, name: "someone")
}

// The same calls, by someone.
extension StateStore {
  package func replay(_ filter: ReplayFilter, at now: Timestamp) async throws(StorageError) -> [String] {
    try await replay(filter, by: .someone, at: now)
  }

  package func redirect(
    _ filter: ReplayFilter, to destination: String, type: String, at now: Timestamp
  ) async throws(StorageError) -> Redirection {
    try await redirect(filter, to: destination, type: type, by: .someone, at: now)
  }

  package func hasten(ids: [String], at now: Timestamp) async throws(StorageError) -> [String] {
    try await hasten(ids: ids, by: .someone, at: now)
  }

  package func add(_ silence: Silence) async throws(StorageError) {
    try await add(silence, by: .someone)
  }

  package func endSilence(id: String, at now: Timestamp) async throws(StorageError) -> Bool {
    try await endSilence(id: id, by: .someone, at: now)
  }
}
