/// What a state consists of, as tables of rows that every store has: for copying a state from one store into another.
///
/// Each store maps these to its own tables and columns in one file (`SQLiteStore+Copy.swift`, `PostgresStore+Copy.swift`), where it
/// also lists what of its schema belongs to a process, a server or the store itself, and stays behind. A test holds both lists
/// against each schema, so a migration that adds a column has to say here or there what becomes of it.
package struct StateTable: Sendable {
  package enum Kind: Sendable {
    case integer, text, bytes, flag
  }

  package struct Column: Sendable {
    package let name: String
    package let kind: Kind
  }

  package let name: String
  package let columns: [Column]
  /// The columns that rows are read in the order of. They needn't tell one row from another.
  package let order: [String]
  /// What people call its rows; nil: nothing, for they are a part of others.
  package let words: String?

  /// The column that names a row to people.
  package var identifier: String { columns.contains { $0.name == "id" } ? "id" : order.first ?? "" }

  fileprivate init(_ name: String, words: String? = nil, order: String..., columns: KeyValuePairs<String, Kind>) {
    (self.name, self.words, self.order) = (name, words, order)
    self.columns = columns.map { Column(name: $0, kind: $1) }
  }

  /// In an order in which their rows may be inserted: what is referred to comes before what refers to it.
  package static let all = [
    StateTable("organizations", order: "id", columns: ["id": .text, "baseline_at": .integer]),
    StateTable("sources", order: "organization", columns: ["organization": .text, "unreachable_since": .integer]),
    StateTable(
      "runs", words: "runs", order: "organization", "id",
      columns: [
        "organization": .text, "id": .text, "phase": .text, "since": .integer, "is_baseline": .flag,
        "gone_at": .integer, "changed_at": .integer,
      ]),
    StateTable(
      "rule_files", words: "rules files", order: "digest",
      columns: ["digest": .text, "bytes": .bytes, "first_used_at": .integer]),
    StateTable(
      "events", words: "events", order: "sequence",
      columns: [
        "sequence": .integer, "id": .text, "run_id": .text, "phase": .text, "stayed": .integer, "time": .integer,
        "seen_at": .integer, "rules": .text, "body": .bytes,
      ]),
    StateTable("deliveries", words: "deliveries", order: "sequence", columns: delivery),
    StateTable("contents", order: "delivery", columns: ["delivery": .integer, "bytes": .bytes]),
    StateTable("continuations", order: "delivery", columns: ["delivery": .integer, "bytes": .bytes]),
    StateTable(
      "attempts", words: "attempts", order: "delivery", "number", "started_at",
      columns: [
        "delivery": .integer, "number": .integer, "started_at": .integer, "finished_at": .integer, "outcome": .text,
        "code": .integer, "detail": .text, "output": .text,
      ]),
    StateTable(
      "replays", order: "delivery_id", "requested_at", columns: ["delivery_id": .text, "requested_at": .integer]),
    StateTable(
      "digests", words: "digests", order: "id",
      columns: [
        "id": .text, "rule": .text, "action": .text, "key": .text, "destination": .text, "due_at": .integer,
        "plan": .bytes, "delivery_id": .text,
      ]),
    StateTable(
      "digest_events", order: "sequence", columns: ["sequence": .integer, "digest_id": .text, "event_id": .text]),
    StateTable(
      "destinations", words: "destinations", order: "name",
      columns: [
        "name": .text, "fingerprint": .text, "stopped_at": .integer, "stopped_reason": .text, "hold_until": .integer,
        "failures": .integer, "next_probe_at": .integer,
      ]),
    StateTable(
      "probe_requests", order: "destination",
      columns: ["destination": .text, "requested_at": .integer, "lane": .text]),
    // The reading as it is: whoever watches next with another machine's clock sees by its start that it is another's.
    StateTable(
      "clock", order: "boot", columns: ["boot": .text, "uptime": .integer, "wall": .integer, "source_ahead": .integer]),
    StateTable("clock_steps", order: "sequence", columns: ["sequence": .integer, "at": .integer, "by": .integer]),
    StateTable(
      "known_names", order: "kind", "name", columns: ["kind": .text, "name": .text, "type": .text, "pace": .text]),
    StateTable(
      "silences", words: "silences", order: "id",
      columns: [
        "id": .text, "created_at": .integer, "until": .integer, "reason": .text, "rules": .text, "destinations": .text,
        "pattern": .bytes, "ended_at": .integer,
      ]),
    StateTable(
      "held_back", words: "messages held back", order: "sequence",
      columns: [
        "sequence": .integer, "event_id": .text, "run_id": .text, "rule": .text, "action": .text, "destination": .text,
        "reason": .text, "at": .integer,
      ]),
    StateTable(
      "cooldowns", order: "rule", "key", columns: ["rule": .text, "key": .text, "until": .integer, "held": .integer]),
    StateTable("heartbeat", order: "beat", columns: ["beat": .bytes]),
    StateTable(
      "acts", words: "audit entries", order: "sequence",
      columns: [
        "sequence": .integer, "at": .integer, "kind": .text, "way": .text, "name": .text, "note": .text,
        "subjects": .integer, "detail": .text,
      ]),
    StateTable("act_subjects", order: "act", "place", columns: ["act": .integer, "place": .integer, "id": .text]),
    StateTable(
      "posted", order: "key", columns: ["key": .text, "reference": .bytes, "rank": .integer, "used_at": .integer]),
  ]

  private static let delivery: KeyValuePairs<String, Kind> = [
    "sequence": .integer, "id": .text, "event_id": .text, "run_id": .text, "rule": .text, "action": .text,
    "destination": .text, "lane": .text, "kind": .text, "timeout": .integer, "retry_for": .integer, "status": .text,
    "attempts": .integer, "next_attempt_at": .integer, "claimed_at": .integer, "created_at": .integer,
    "settled_at": .integer, "reason": .text, "defers": .flag, "retry_from": .integer, "attempts_before": .integer,
    "waits": .flag, "parent": .text, "branch": .text, "is_once": .flag, "continues": .flag, "delay": .text,
    "form": .text, "is_standard": .flag, "updates": .flag, "thread": .text, "rank": .integer,
    "worker": .text,
  ]
}

/// What stands in one column of a row, whatever the store calls its type.
package enum StateValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case text(String)
  case bytes([UInt8])
  case flag(Bool)

  /// What it takes of memory, about.
  package var size: Int {
    switch self {
    case .null, .integer, .flag: Self.overhead
    case .text(let text): Self.overhead + text.utf8.count
    case .bytes(let bytes): Self.overhead + bytes.count
    }
  }

  /// Of a value beside its text or bytes.
  package static let overhead = 32
}

/// The values of a row, in the order of its table's columns.
package typealias StateRow = [StateValue]

/// The tables of one store, at one moment. For the thread that it was given to.
package protocol StateTableReader {
  /// Reads all rows, in the order of the table.
  ///
  /// - Parameters:
  ///   - pageSize: `page` gets no more at a time, by ``StateValue/size``, but always a row.
  ///   - page: is called with rows until there are no more, and never with none.
  func rows(of table: StateTable, pageSize: Int, _ page: ([StateRow]) throws -> Void) throws
}

/// The same, in a transaction that writes.
package protocol StateTableWriter: StateTableReader {
  func isEmpty(_ table: StateTable) throws -> Bool
  func insert(_ rows: [StateRow], into table: StateTable) throws
}

/// A store whose state can be copied into another, and another's into it.
package protocol StateTables: StateStore {
  /// Gives the tables as they are at one moment. Blocks the thread while it waits for the store.
  ///
  /// - Throws: what `body` throws, as it is, and `StorageError`.
  func readTables<Value>(_ body: (any StateTableReader) throws -> Value) throws -> Value

  /// Does `body` in one transaction: when it throws, nothing of it stays. It may be called several times.
  func fillTables<Value: Sendable>(
    _ body: @escaping @Sendable (any StateTableWriter) throws -> Value
  ) async throws(StorageError) -> Value
}
