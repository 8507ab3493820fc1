/// Takes a whole state from one store into another, or leaves the other as empty as it was.
package enum StateCopy {
  /// So much of a state is in memory at a time, by ``StateValue/size``; a longer row alone.
  package static let pageSize = 4 << 20

  package struct Progress: Sendable, Equatable {
    package enum Stage: Sendable {
      case copying, checking
    }

    package let stage: Stage
    package let table: StateTable
    /// Of all tables, in this stage.
    package let rows: Int

    package static func == (left: Progress, right: Progress) -> Bool {
      (left.stage, left.table.name, left.rows) == (right.stage, right.table.name, right.rows)
    }
  }

  /// Copies every table in one transaction, which is committed when what was written is the same as what was read, and what was
  /// read is still there: a command may have written into it meanwhile.
  ///
  /// - Parameters:
  ///   - source: with which nobody watches.
  ///   - target: the same; it must be empty.
  ///   - onProgress: is called on a thread of the target, which waits for it.
  /// - Returns: what was copied.
  /// - Throws: `unusable` when the target holds something or the source has changed, `unreadable` with the row that no store can
  ///   have written, `failed`.
  package static func run(
    from source: any StateTables, to target: any StateTables,
    onProgress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws(StorageError) -> StateDigest {
    let (from, to) = (source.name, target.name)
    return try await target.fillTables { writer in
      if let table = try StateTable.all.first(where: { try !writer.isEmpty($0) }) {
        throw StorageError.unusable(
          state: to,
          why:
            "isn't empty, it has \(table.words ?? table.name); name a file or a database without a state, for two can't be mixed"
        )
      }
      let copied = try source.readTables { try copy($0, into: writer, onProgress) }
      func check(_ tables: any StateTableReader) throws -> StateDigest {
        try StateDigest(of: tables) { onProgress(Progress(stage: .checking, table: $0, rows: $1)) }
      }
      if let table = copied.difference(from: try check(writer)) {
        throw StorageError.failed(state: to, why: "\(table) doesn't hold what was written there")
      }
      if let table = copied.difference(from: try source.readTables(check)) {
        throw StorageError.unusable(
          state: from,
          why:
            "was changed while it was copied (\(table)); nothing was copied: start again, and run no command on it meanwhile"
        )
      }
      return copied
    }
  }

  private static func copy(
    _ reader: any StateTableReader, into writer: any StateTableWriter, _ onProgress: (Progress) -> Void
  ) throws -> StateDigest {
    var digest = StateDigest()
    for table in StateTable.all {
      try reader.rows(of: table, pageSize: pageSize) { page in
        try writer.insert(page, into: table)
        digest.add(page, of: table)
        onProgress(Progress(stage: .copying, table: table, rows: digest.rows))
      }
    }
    return digest
  }
}
