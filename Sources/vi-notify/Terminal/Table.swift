/// Columns for people: as wide as their widest cell; the last one is not padded.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) {
    rows = [header]
  }

  mutating func add(_ cells: [String]) {
    rows.append(cells.map { Line($0).text })
  }

  var lines: [String] {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
      }.joined()
    }
  }

  func print() {
    for line in lines { Console.shared.print(Line(line)) }
  }
}
