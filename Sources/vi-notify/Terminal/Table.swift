import Glibc
import Runs

/// Columns for people.
///
/// On a terminal a table fits its width: columns that matter least are left out until the rest has room, and cells are cut with an
/// ellipsis. Elsewhere it is whole, with every column and cell, so that `grep` and `awk` find what they look for.
struct Table {
  struct Column {
    let title: String
    /// Columns of a higher rank are left out first; 0: never.
    var rank = 0
    /// On a terminal, cells are cut to no less than this.
    var least = 6
    /// Columns that matter little, of a rank above 3, are left out until this one has so much; nil: ``least``.
    var wish: Int?
    var isNumber = false
  }

  struct Cell {
    /// Cleaned.
    let text: String
    /// Takes its place on a terminal.
    let short: String?
    let colour: Console.Colour?

    init(_ text: String, short: String? = nil, _ colour: Console.Colour? = nil) {
      (self.text, self.short, self.colour) = (Line(text).text, short.map { Line($0).text }, colour)
    }
  }

  private static let gap = "  "

  private let columns: [Column]
  private var rows: [[Cell]] = []

  init(_ columns: [Column]) {
    self.columns = columns
  }

  mutating func add(_ cells: [Cell]) {
    rows.append(cells)
  }

  func print() {
    let console = Console.shared
    for line in lines(width: console.outputIsTerminal ? console.outputWidth : nil) { console.print(line) }
  }

  /// - Parameter width: of the terminal; nil: there is none.
  func lines(width: Int?) -> [Line] {
    let chosen = width.map(chosen) ?? Array(columns.indices)
    let shown = ([columns.map { Cell($0.title) }] + rows).map { row in
      chosen.map { (text: width == nil ? row[$0].text : row[$0].short ?? row[$0].text, colour: row[$0].colour) }
    }
    let natural = chosen.indices.map { column in shown.map { $0[column].text.terminalWidth }.max() ?? 0 }
    let widths = width.map { fitted(natural, chosen, $0) } ?? natural
    return shown.map { row in
      // Nothing is padded that nothing follows.
      let last = row.lastIndex { !$0.text.isEmpty } ?? 0
      return row[...last].enumerated().reduce(Line("")) { line, entry in
        let (column, cell) = entry
        let text = width == nil ? cell.text : cell.text.cut(toWidth: widths[column])
        let space = String(repeating: " ", count: max(0, widths[column] - text.terminalWidth))
        let painted = cell.colour.map { Console.shared.tint(text, $0) } ?? Line(text)
        let isNumber = columns[chosen[column]].isNumber
        let before = column == 0 ? "" : Self.gap
        return "\(line)\(before)\(isNumber ? space : "")\(painted)\(isNumber || column == last ? "" : space)"
      }
    }
  }

  /// The columns that are shown in so many cells: those with something in them, and of those the ones that matter most.
  private func chosen(_ width: Int) -> [Int] {
    var chosen = columns.indices.filter { column in
      columns[column].rank == 0 || rows.contains { !($0[column].short ?? $0[column].text).isEmpty }
    }
    func leaveOut(above rank: Int, _ least: (Int) -> Int) {
      while chosen.reduce(Self.gap.count * (chosen.count - 1), { $0 + least($1) }) > width,
        let last = chosen.filter({ columns[$0].rank > rank }).max(by: { columns[$0].rank < columns[$1].rank })
      {
        chosen.removeAll { $0 == last }
      }
    }
    leaveOut(above: 3) { least($0, columns[$0].wish ?? columns[$0].least) }
    leaveOut(above: 0) { least($0, columns[$0].least) }
    return chosen
  }

  private func least(_ column: Int, _ wanted: Int) -> Int {
    let widest = rows.map { ($0[column].short ?? $0[column].text).terminalWidth }.max() ?? 0
    return min(wanted, max(widest, columns[column].title.count))
  }

  /// Takes from the column that has most to spare, until all fit or none has.
  private func fitted(_ natural: [Int], _ chosen: [Int], _ width: Int) -> [Int] {
    var widths = natural
    func spare(_ column: Int) -> Int { widths[column] - least(chosen[column], columns[chosen[column]].least) }
    var excess = widths.reduce(Self.gap.count * (chosen.count - 1), +) - width
    while excess > 0, let widest = widths.indices.max(by: { spare($0) < spare($1) }), spare(widest) > 0 {
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }
}

extension Table.Cell: ExpressibleByStringLiteral {
  init(stringLiteral text: String) {
    self.init(text)
  }
}

extension PeopleTime {
  /// A column's cell: on a terminal the distance from now, `3m ago`, else the whole time.
  func cell(_ moment: Timestamp?) -> Table.Cell {
    moment.map { Table.Cell(stamp($0), short: isShort ? distance($0) : nil) } ?? ""
  }
}
