internal import Crypto
internal import Notation

/// What tells two states apart: how many rows each table has, and a digest over all of them.
///
/// A row's digest is SHA-256 over its values, each with its type and length. Those of a table are added up, so that the order in
/// which a store reads its rows doesn't matter: PostgreSQL keeps a NUL as two other characters, and sorts it as them.
package struct StateDigest: Sendable, Equatable {
  private struct Part: Sendable, Equatable {
    var count = 0
    var sum = SIMD4<UInt64>()
  }

  /// By table; tables without rows are left out.
  private var parts: [String: Part] = [:]

  package init() {}

  package init(of tables: any StateTableReader, _ onProgress: (_ table: StateTable, _ rows: Int) -> Void = { _, _ in })
    throws
  {
    for table in StateTable.all {
      try tables.rows(of: table, pageSize: StateCopy.pageSize) { page in
        add(page, of: table)
        onProgress(table, rows)
      }
    }
  }

  package mutating func add(_ rows: [StateRow], of table: StateTable) {
    var part = parts[table.name] ?? Part()
    part.count += rows.count
    for row in rows { part.sum &+= Self.lanes(SHA256.hash(data: Self.encoded(row))) }
    parts[table.name] = part
  }

  /// Rows of a table.
  package func count(_ table: StateTable) -> Int { parts[table.name]?.count ?? 0 }

  /// Rows of all tables.
  package var rows: Int { parts.values.reduce(0) { $0 + $1.count } }

  /// Over all tables, in hexadecimal.
  package var text: String {
    var bytes: [UInt8] = []
    for table in StateTable.all {
      let part = parts[table.name] ?? Part()
      bytes += Self.encoded([.text(table.name), .integer(Int64(part.count))])
      for lane in part.sum.indices { bytes += Self.bigEndian(part.sum[lane]) }
    }
    return Hexadecimal.text(SHA256.hash(data: bytes))
  }

  /// The first table that isn't the same; nil: all are.
  package func difference(from other: StateDigest) -> String? {
    StateTable.all.map(\.name).first { parts[$0] != other.parts[$0] }
  }

  private static func encoded(_ row: StateRow) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in row {
      switch value {
      case .null: bytes.append(0)
      case .integer(let number): bytes += [1] + bigEndian(UInt64(bitPattern: number))
      case .text(let text): bytes += [2] + bigEndian(UInt64(text.utf8.count)) + text.utf8
      case .bytes(let value): bytes += [3] + bigEndian(UInt64(value.count)) + value
      case .flag(let flag): bytes += [4, flag ? 1 : 0]
      }
    }
    return bytes
  }

  private static func bigEndian(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
  }

  private static func lanes(_ digest: SHA256.Digest) -> SIMD4<UInt64> {
    var lanes = SIMD4<UInt64>()
    for (place, byte) in digest.enumerated() { lanes[place / 8] = lanes[place / 8] << 8 | UInt64(byte) }
    return lanes
  }
}
