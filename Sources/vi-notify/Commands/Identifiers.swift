import Daemon
import Storage

/// Ids as people type them: whole, or any beginning that is unique.
enum Identifiers {
  /// Others that begin the same are listed up to so many.
  static let most = 5

  static func delivery(_ text: String, _ store: any StateStore) async throws -> String {
    try pick(
      text, among: try await store.ids(.delivery, beginning: text, limit: most + 1),
      otherwise: "there is no delivery \(text); vi-notify deliveries list shows their ids")
  }

  /// Of a filter; nil: there is none.
  static func run(_ text: String?, _ store: any StateStore) async throws -> String? {
    guard let text else { return nil }
    return try known(text, try await store.ids(.run, beginning: text, limit: most + 1))
  }

  /// The one that begins so, or else the text itself.
  static func known(_ text: String, _ ids: [String]) throws(Failure) -> String {
    ids.isEmpty ? text : try pick(text, among: ids, otherwise: "")
  }

  /// Throws ``Failure`` with `no` when none, or more than one, begins so.
  static func pick(_ text: String, among ids: [String], otherwise nothing: String) throws(Failure) -> String {
    if ids.contains(text) { return text }
    let found = ids.filter { $0.hasPrefix(text) }
    guard !text.isEmpty, let first = found.first else { throw Failure(.no, nothing) }
    if found.count == 1 { return first }
    let more = found.count > most ? " and others" : ""
    throw Failure(
      .no,
      "several ids begin with \(text): \(found.prefix(most).joined(separator: ", "))\(more); write more of the one you mean"
    )
  }
}
