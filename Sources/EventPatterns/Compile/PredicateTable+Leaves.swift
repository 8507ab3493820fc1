internal import Notation

extension PredicateTable {
  /// Whether any of the tests holds for the leaf.
  @inline(__always)
  func holds(_ run: Span32, for leaf: Leaf) -> Bool {
    for index in run.indices where holds(tests[index], for: leaf) { return true }
    return false
  }

  private func holds(_ test: CompiledTest, for leaf: Leaf) -> Bool {
    switch test.kind {
    case .null: return leaf.kind == .null
    case .no: return leaf.kind == .no
    case .yes: return leaf.kind == .yes
    case .present: return true
    case .anythingBut: return !holdsAny(test.content, for: leaf)
    case .numbers: return leaf.kind == .number && contains(leaf.number, in: test.content)
    case .range: return leaf.kind == .number && holds(range: test, for: leaf.number)
    case .numberText: return leaf.kind == .numberText && isText(test.content, leaf)
    default: return leaf.kind == .string && holds(string: test, for: leaf)
    }
  }

  private func holdsAny(_ run: Span32, for leaf: Leaf) -> Bool {
    holds(run, for: leaf)
  }

  private func contains(_ value: Double, in run: Span32) -> Bool {
    var low = Int(run.first)
    var high = low &+ Int(run.count)
    while low < high {
      let middle = (low &+ high) &>> 1
      if numbers[middle] < value { low = middle &+ 1 } else { high = middle }
    }
    return low < run.indices.upperBound && numbers[low] == value
  }

  private func holds(range test: CompiledTest, for value: Double) -> Bool {
    let low = numbers[Int(test.content.first)]
    let high = numbers[Int(test.content.first) &+ 1]
    return (test.lowIsOpen ? value > low : value >= low) && (test.highIsOpen ? value < high : value <= high)
  }

  private func holds(string test: CompiledTest, for leaf: Leaf) -> Bool {
    let count = Int(test.content.count)
    switch test.kind {
    case .strings: return contains(leaf, in: test.content)
    case .prefix: return leaf.count >= count && isSame(test.content, leaf.text)
    case .suffix: return leaf.count >= count && isSame(test.content, leaf.text + (Int(leaf.count) &- count))
    case .caseless: return caselessPrefix(test.content, leaf) == Int(leaf.count)
    case .caselessPrefix: return caselessPrefix(test.content, leaf) != nil
    case .caselessSuffix: return hasCaselessSuffix(test.content, leaf)
    case .wildcard: return holds(wildcard: test.content, for: leaf)
    case .network:
      let text = UnsafeBufferPointer(start: leaf.text, count: Int(leaf.count))
      return IPAddress(text).map { networks[Int(test.content.first)].contains($0) } ?? false
    default: return false
    }
  }

  @inline(__always)
  private func isSame(_ run: Span32, _ text: UnsafePointer<UInt8>) -> Bool {
    sameBytes(texts + Int(run.first), text, Int(run.count))
  }

  @inline(__always)
  private func isText(_ run: Span32, _ leaf: Leaf) -> Bool {
    run.count == leaf.count && isSame(run, leaf.text)
  }

  /// Whether the leaf is one of the strings, which are sorted by hash.
  @inline(__always)
  private func contains(_ leaf: Leaf, in run: Span32) -> Bool {
    var low = Int(run.first)
    let end = low &+ Int(run.count)
    var high = end
    while high &- low > 4 {
      let middle = (low &+ high) &>> 1
      if strings[middle].hash < leaf.hash { low = middle &+ 1 } else { high = middle }
    }
    while low < end, strings[low].hash <= leaf.hash {
      if strings[low].hash == leaf.hash, isText(strings[low].text, leaf) { return true }
      low &+= 1
    }
    return false
  }
}

extension PredicateTable {
  /// The number of bytes of the leaf that the characters match, or nil if it doesn't start with them.
  private func caselessPrefix(_ run: Span32, _ leaf: Leaf) -> Int? {
    var position = 0
    let count = Int(leaf.count)
    for index in run.indices {
      guard position < count else { return nil }
      guard characters[index].isMet(by: UTF8Text.next(leaf.text, count, &position)) else { return nil }
    }
    return position
  }

  private func hasCaselessSuffix(_ run: Span32, _ leaf: Leaf) -> Bool {
    var position = Int(leaf.count)
    for index in run.indices.reversed() {
      guard position > 0 else { return false }
      guard characters[index].isMet(by: UTF8Text.previous(leaf.text, &position)) else { return false }
    }
    return true
  }

  /// The first part must match at the start, the last at the end, and those between in order, each as early as possible.
  private func holds(wildcard run: Span32, for leaf: Leaf) -> Bool {
    let first = strings[Int(run.first)].text
    let last = strings[Int(run.first &+ run.count) &- 1].text
    if run.count == 1 { return isText(first, leaf) }
    guard leaf.count >= first.count &+ last.count, isSame(first, leaf.text) else { return false }
    let end = Int(leaf.count &- last.count)
    guard isSame(last, leaf.text + end) else { return false }
    var position = Int(first.count)
    for index in run.indices.dropFirst().dropLast() {
      let part = strings[index].text
      guard part.count > 0 else { continue }
      guard let found = find(strings[index], in: leaf.text, position, end) else { return false }
      position = found + Int(part.count)
    }
    return true
  }

  /// The first position of the part of a wildcard in `text[start..<end]`.
  private func find(_ part: PooledString, in text: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    let sought = texts + Int(part.text.first)
    let count = Int(part.text.count)
    if count > PredicateTableBuilder.maxPlainPart { return findLong(part, in: text, start, end) }
    var position = start
    while position &+ count <= end {
      if text[position] == sought[0], sameBytes(text + position, sought, count) { return position }
      position &+= 1
    }
    return nil
  }

  /// Knuth-Morris-Pratt, in linear time: neither rules nor events can make a wildcard expensive.
  private func findLong(_ part: PooledString, in text: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    let sought = texts + Int(part.text.first)
    let borders = borders + Int(part.hash)
    var matched = 0
    for position in start..<max(start, end) {
      while matched > 0, sought[matched] != text[position] { matched = Int(borders[matched &- 1]) }
      if sought[matched] == text[position] { matched &+= 1 }
      if matched == Int(part.text.count) { return position &+ 1 &- matched }
    }
    return nil
  }
}
