/// Names beyond these are not looked at, compared and listed: a file can hold 100,000 of them, and as many mistakes.
private let maxLookedAt = 1_000
private let maxCompared = 100
private let maxListed = 20

/// "Did you mean": the known word nearest to what was written, if one is near.
package func suggestion(for word: String, among known: some Sequence<String>) -> String? {
  let wanted = Array(word.prefix(64).lowercased().utf8)
  var best: (word: String, edits: Int)?
  var compared = 0
  for candidate in known.prefix(maxLookedAt) where compared < maxCompared {
    let allowed = max(1, candidate.utf8.count / 3)
    guard abs(candidate.utf8.count - wanted.count) <= allowed else { continue }
    compared += 1
    let letters = Array(candidate.lowercased().utf8)
    let edits = distance(wanted, letters)
    if edits <= allowed, edits < best?.edits ?? .max { best = (candidate, edits) }
  }
  return best?.word
}

/// The known words, the nearest to what was written first; no more than are fit to be listed.
package func nearest(to word: String, among known: [String]) -> [String] {
  let wanted = Array(word.prefix(64).lowercased().utf8)
  let ranked = known.prefix(maxLookedAt).map { ($0, distance(wanted, Array($0.prefix(64).lowercased().utf8))) }
  return ranked.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(maxListed).map(\.0)
}

/// A hint that names the nearest known word, or else all of them.
package func hint(for word: String, among known: [String]) -> String {
  if let near = suggestion(for: word, among: known) { return "did you mean \"\(near)\"?" }
  let more = known.count > maxListed ? " and \(known.count - maxListed) more" : ""
  return "known here: \(known.prefix(maxListed).joined(separator: ", "))\(more)"
}

/// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for (row, letter) in left.enumerated() {
    var current = [row + 1]
    for (column, other) in right.enumerated() {
      let replaced = last[column] + (letter == other ? 0 : 1)
      var best = min(replaced, last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
        best = min(best, beforeLast[column - 1] + 1)
      }
      current.append(best)
    }
    (beforeLast, last) = (last, current)
  }
  return last[right.count]
}
