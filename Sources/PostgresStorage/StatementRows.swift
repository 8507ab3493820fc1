/// Rows that go to the server together: a round trip and a plan for each would be most of what a row costs, and the watch commits
/// thousands at once when it sees an organization for the first time, or an end after an outage.
enum StatementRows {
  private static let maxRows = 1_000
  /// Of what is large in them. All of a statement is in memory here, and again at the server.
  private static let maxBytes = 4 << 20

  /// In their order, as many as fit into a statement; never none. A row that is larger than all that fits goes alone.
  static func split<Row>(_ rows: [Row], bytes: (Row) -> Int = { _ in 0 }) -> [[Row]] {
    var groups: [[Row]] = []
    var size = 0
    for row in rows {
      let added = bytes(row)
      if groups.isEmpty || groups[groups.count - 1].count == maxRows || size + added > maxBytes {
        groups.append([])
        size = 0
      }
      groups[groups.count - 1].append(row)
      size += added
    }
    return groups
  }
}
