extension JSONParser {
  mutating func parseObject() -> JSONNode {
    let start = position
    position += 1
    var members: [JSONMember] = []
    var places: [String: Int] = [:]
    while advanceToElement(closing: UInt8(ascii: "}"), opened: start, isFirst: members.isEmpty) {
      guard let member = parseMember() else { continue }
      if options.refusesDuplicateKeys, let first = places.updateValue(member.keyRange.lowerBound, forKey: member.key) {
        let place = SourceLocation(of: first, in: bytes)
        report(
          at: member.keyRange.lowerBound,
          "\(shown(member.key)) is repeated; it is first on line \(place.line), column \(place.column)",
          hint: "remove one of the two")
      }
      members.append(member)
    }
    return JSONNode(.object(members), at: start..<position)
  }

  mutating func parseArray() -> JSONNode {
    let start = position
    position += 1
    var elements: [JSONNode] = []
    while advanceToElement(closing: UInt8(ascii: "]"), opened: start, isFirst: elements.isEmpty) {
      elements.append(parseValue())
    }
    return JSONNode(.array(elements), at: start..<position)
  }

  private mutating func parseMember() -> JSONMember? {
    let keyStart = position
    guard peek() == UInt8(ascii: "\"") else {
      let bare = bytes[position...].prefix { $0.isWordByte }.prefix(40)
      let word = String(decoding: bare, as: UTF8.self)
      report(
        at: position, "a member name in double quotes is expected here",
        hint: word.isEmpty ? nil : "write \"\(word)\"")
      position += bare.count
      recover()
      return nil
    }
    guard let key = parseString() else {
      recover()
      return nil
    }
    let keyRange = keyStart..<position
    skipSpace()
    guard peek() == UInt8(ascii: ":") else {
      report(at: position, "a colon is expected after \(shown(key))", hint: nil)
      recover()
      return nil
    }
    position += 1
    skipSpace()
    return JSONMember(key: key, keyRange: keyRange, value: parseValue())
  }

  /// Moves to the next element of a container, past comma and white space; false if the container has ended.
  private mutating func advanceToElement(closing: UInt8, opened: Int, isFirst: Bool) -> Bool {
    skipSpace()
    var sawComma = false
    let before = position
    if peek() == UInt8(ascii: ",") {
      if isFirst, !isRecovering { report(at: position, "there is a comma instead of a value", hint: "remove it") }
      sawComma = true
      position += 1
      skipSpace()
    }
    guard let byte = peek() else {
      // A string that is never closed hides the rest of its line, so the missing bracket isn't a second mistake.
      gaveUp = gaveUp || isRecovering
      giveUp(
        at: opened, "this bracket is never closed",
        hint: "the text ends before its \(Character(UnicodeScalar(closing)))")
      return false
    }
    if byte == closing {
      if sawComma, !options.allowsCommentsAndTrailingCommas {
        report(at: before, "there is a comma before the closing bracket", hint: "remove it")
      }
      position += 1
      return false
    }
    if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
      giveUp(
        at: position,
        "\(Character(UnicodeScalar(byte))) does not close the bracket of line "
          + "\(SourceLocation(of: opened, in: bytes).line)")
      return false
    }
    if !isFirst, !sawComma, !isRecovering { report(at: position, "a comma is missing before this", hint: nil) }
    isRecovering = false
    return true
  }

  private func shown(_ key: String) -> String {
    key.prefix(60).debugDescription
  }

  /// After a mistake: moves to the next comma or closing bracket of the enclosing container.
  mutating func recover() {
    isRecovering = true
    var open = 0
    while let byte = peek(), !gaveUp {
      switch byte {
      case UInt8(ascii: "\""):
        let known = errors.count
        _ = parseString()
        errors.removeSubrange(known...)
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if open == 0 { return }
        open -= 1
      case UInt8(ascii: ",") where open == 0: return
      default: break
      }
      position += 1
    }
  }

  mutating func skipSpace() {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
      case UInt8(ascii: "/"): guard skipComment() else { return }
      default: return
      }
    }
  }

  private mutating func skipComment() -> Bool {
    guard options.allowsCommentsAndTrailingCommas, position + 1 < bytes.count else { return false }
    let start = position
    switch bytes[position + 1] {
    case UInt8(ascii: "/"):
      position = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    case UInt8(ascii: "*"):
      position += 2
      while position + 1 < bytes.count,
        !(bytes[position] == UInt8(ascii: "*") && bytes[position + 1] == UInt8(ascii: "/"))
      {
        position += 1
      }
      guard position + 1 < bytes.count else {
        giveUp(at: start, "this comment is never closed", hint: "close it with */")
        return false
      }
      position += 2
    default: return false
    }
    return true
  }
}
