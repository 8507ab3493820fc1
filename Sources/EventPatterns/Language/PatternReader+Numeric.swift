import JSONSource

extension PatternReader {
  /// `[">", 5]`, or a lower and an upper bound.
  mutating func readNumeric(_ node: JSONNode, at path: String) -> ValueTest? {
    let example = "like [\">\", 5] or [\">=\", 0, \"<\", 10]"
    guard let elements = node.elements else {
      report(node, path, "write a list, not \(node.shown)", example)
      return nil
    }
    guard elements.count == 2 || elements.count == 4 else {
      report(node, path, "write an operator and a number, or a lower and an upper bound", example)
      return nil
    }
    guard let (first, value) = readBound(elements, from: 0, at: path) else { return nil }
    var range = NumberRange()
    if elements.count == 4 {
      guard let (second, upper) = readBound(elements, from: 2, at: path) else { return nil }
      guard first == ">" || first == ">=", second == "<" || second == "<=" else {
        report(node, path, "write the lower bound, then the upper bound, not \(first) then \(second)", example)
        return nil
      }
      guard value < upper else {
        report(node, path, "the lower bound must be below the upper bound", nil)
        return nil
      }
      range.limit(second, to: upper)
    }
    if first == "=" { return .number(.comparable(value)) }
    range.limit(first, to: value)
    return .range(range)
  }

  private mutating func readBound(_ elements: [JSONNode], from index: Int, at path: String) -> (String, Double)? {
    let name = elements[index]
    guard let text = name.string, ["=", "<", "<=", ">", ">="].contains(text) else {
      report(name, "\(path)[\(index)]", "write one of \"=\", \"<\", \"<=\", \">\", \">=\", not \(name.shown)", nil)
      return nil
    }
    return comparable(elements[index + 1], at: "\(path)[\(index + 1)]").map { (text, $0) }
  }

  /// The value of a number that can be an operand.
  mutating func comparable(_ node: JSONNode, at path: String) -> Double? {
    guard let text = node.number else {
      report(node, path, "write a number, not \(node.shown)", nil)
      return nil
    }
    if case .comparable(let value) = JSONNumberValue(text) { return value }
    report(node, path, "\(node.shown) has too many digits to be compared", "at most 15 significant digits are safe")
    return nil
  }
}

extension NumberRange {
  fileprivate mutating func limit(_ comparison: String, to value: Double) {
    switch comparison {
    case ">", ">=": (low, lowIsOpen) = (value, comparison == ">")
    default: (high, highIsOpen) = (value, comparison == "<")
    }
  }
}
