internal import PostgresStorage
internal import SQLiteStorage
package import Storage

/// The stores that there are, by the text that names a state: the one place that knows which kind it is.
///
/// - In: what stands behind `--state`, and what the state is opened for. Out: `any StateStore`.
/// - A text with a scheme (`postgresql://…`) is of the store in the table, and what begins as libpq's keywords do (`service=…`) is
///   PostgreSQL's; any other text is a path, and SQLite's.
/// - Another store is one line in the table.
package enum StateStores {
  private static let drivers: [String: any StateStoreDriver.Type] = [
    "postgresql": PostgresStore.self,
    "postgres": PostgresStore.self,
  ]

  /// Throws `noSuchStore` when nobody here knows the scheme, and whatever keeps the store from being opened. Neither tells a
  /// password that stands in the text.
  package static func open(
    _ name: String, for use: StateUse, onWait: @escaping @Sendable (StateWait) -> Void = { _ in }
  ) throws(StorageError) -> any StateStore {
    try openTables(name, for: use, onWait: onWait)
  }

  /// The same, for those that copy a state.
  package static func openTables(
    _ name: String, for use: StateUse, onWait: @escaping @Sendable (StateWait) -> Void = { _ in }
  ) throws(StorageError) -> any StateTables {
    guard let scheme = scheme(of: name) else { return try SQLiteStore.open(name, for: use, onWait: onWait) }
    guard let driver = drivers[scheme] else { throw .noSuchStore(scheme: scheme) }
    return try driver.open(name, for: use, onWait: onWait)
  }

  /// See ``StateStoreDriver/letsShare``.
  package static func letsShare(_ name: String) -> Bool {
    guard let scheme = scheme(of: name) else { return SQLiteStore.letsShare }
    return drivers[scheme]?.letsShare ?? false
  }

  /// The keywords that a connection string may begin with (PostgreSQL's manual, 34.1.1.1).
  private static let keywords: Set = [
    "dbname", "host", "hostaddr", "passfile", "password", "port", "service", "sslmode", "user",
  ]

  /// What stands before `://`, when that is a scheme (RFC 3986, 3.1), or the one that a connection string stands for. Nil: it is a
  /// path; a file that is called like one of the others is named with its directory (`./service=x`).
  static func scheme(of name: String) -> String? {
    if let word = name.split(separator: "=", maxSplits: 1).first, word.utf8.count < name.utf8.count,
      keywords.contains(word.filter { $0 != " " })
    {
      return "postgresql"
    }
    guard let end = name.firstRange(of: "://")?.lowerBound else { return nil }
    let scheme = name[..<end].lowercased()
    guard let first = scheme.utf8.first, isLetter(first) else { return nil }
    let others = scheme.utf8.dropFirst()
    return others.allSatisfy({ isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }) ? scheme : nil
  }

  private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
