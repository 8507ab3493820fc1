/// "Did you mean": the known word nearest to what was written, if one is near.
func suggestion(for word: String, among known: some Sequence<String>) -> String? {
  let wanted = Array(word.lowercased().prefix(64))
  let near = known.map { ($0, distance(wanted, Array($0.lowercased()))) }.min { $0.1 < $1.1 }
  guard let near, near.1 <= max(1, near.0.count / 3) else { return nil }
  return near.0
}

/// A hint that names the nearest known word, or else all of them.
func hint(for word: String, among known: [String]) -> String {
  if let near = suggestion(for: word, among: known) { return "did you mean \"\(near)\"?" }
  return "known here: \(known.joined(separator: ", "))"
}

/// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
private func distance(_ left: [Character], _ right: [Character]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for (row, character) in left.enumerated() {
    var current = [row + 1]
    for (column, other) in right.enumerated() {
      let replaced = last[column] + (character == other ? 0 : 1)
      var best = min(replaced, last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
        best = min(best, beforeLast[column - 1] + 1)
      }
      current.append(best)
    }
    (beforeLast, last) = (last, current)
  }
  return last[right.count]
}
