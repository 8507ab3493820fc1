import JSONSource
internal import Notation

/// The words that may be the key of an object in a list of values.
enum PatternOperator: String, CaseIterable {
  case exactly
  case prefix
  case suffix
  case equalsIgnoreCase = "equals-ignore-case"
  case wildcard
  case anythingBut = "anything-but"
  case numeric
  case exists
  case cidr

  /// As in event-ruler's `RESERVED_FIELD_NAMES_IN_OR_RELATIONSHIP`.
  static let reservedInsideOr: Set<String> = Set(allCases.map(\.rawValue)).union([
    "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
    "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
  ])

  static var all: String {
    allCases.map(\.rawValue).joined(separator: ", ")
  }
}

extension PatternReader {
  /// One alternative in a field's list.
  mutating func readTest(_ node: JSONNode, at path: String) -> ValueTest? {
    switch node.content {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .number(let text): return .number(JSONNumberValue(text))
    case .string(let text): return dialect == .eventRuler ? readRulerText(text) : .string(Array(text.utf8))
    case .object: return readOperator(node, at: path)
    case .array:
      report(node, path, "write the values themselves, not a list in the list", "one matching value is enough")
    case .invalid:
      report(node, path, "this isn't a JSON value", nil)
    }
    return nil
  }

  /// In event-ruler an address matches all its spellings.
  private func readRulerText(_ text: String) -> ValueTest {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { IPAddress($0) }.map { .network(AddressBlock(only: $0)) } ?? .string(bytes)
  }

  /// The only member of an object that must have exactly one.
  mutating func onlyMember(_ node: JSONNode, at path: String, allowed: String) -> JSONMember? {
    guard let members = node.members, let first = members.first else {
      report(node, path, "write an operator into {}", "one of \(allowed)")
      return nil
    }
    if members.count > 1 {
      let keys = members.prefix(3).map(\.key).joined(separator: ", ")
      report(node, path, "write one operator, not \(keys)", "put each into its own object; one match is enough")
      return nil
    }
    return first
  }

  private mutating func readOperator(_ node: JSONNode, at path: String) -> ValueTest? {
    guard let member = onlyMember(node, at: path, allowed: PatternOperator.all) else { return nil }
    let value = member.value
    let inner = "\(path).\(member.key)"
    switch PatternOperator(rawValue: member.key) {
    case .exactly: return readText(value, at: inner).map { .string(Array($0.utf8)) }
    case .equalsIgnoreCase: return readText(value, at: inner).map { .caseless(CaselessText($0)) }
    case .wildcard: return readWildcard(value, at: inner)
    case .prefix:
      if let text = caselessOperand(value, at: inner) { return text.map { .caselessPrefix($0) } }
      return readText(value, at: inner).map { .prefix(Array($0.utf8)) }
    case .suffix:
      if let text = caselessOperand(value, at: inner) { return text.map { .caselessSuffix($0) } }
      return readText(value, at: inner).map { .suffix(Array($0.utf8)) }
    case .anythingBut: return readAnythingBut(value, at: inner)
    case .numeric: return readNumeric(value, at: inner)
    case .exists: return readExists(value, at: inner)
    case .cidr: return readNetwork(value, at: inner)
    case nil:
      reportUnknown(member, at: inner, allowed: PatternOperator.all)
      return nil
    }
  }

  mutating func reportUnknown(_ member: JSONMember, at path: String, allowed: String) {
    report(
      JSONNode(.null, at: member.keyRange), path, "\(member.key.debugDescription) isn't an operator",
      "one of \(allowed)")
  }

  mutating func readText(_ node: JSONNode, at path: String) -> String? {
    if let text = node.string { return text }
    report(node, path, "write a string, not \(node.shown)", nil)
    return nil
  }

  /// The text of `{"equals-ignore-case": "x"}`: nil if there is no object, nil inside if the object is wrong.
  private mutating func caselessOperand(_ node: JSONNode, at path: String) -> CaselessText?? {
    guard node.members != nil else { return nil }
    let name = PatternOperator.equalsIgnoreCase.rawValue
    guard let member = onlyMember(node, at: path, allowed: name) else { return .some(nil) }
    guard member.key == name else {
      reportUnknown(member, at: "\(path).\(member.key)", allowed: name)
      return .some(nil)
    }
    return .some(readText(member.value, at: "\(path).\(name)").map(CaselessText.init))
  }

  mutating func readWildcard(_ node: JSONNode, at path: String) -> ValueTest? {
    guard let text = readText(node, at: path) else { return nil }
    do throws(Wildcard.Mistake) {
      return .wildcard(try Wildcard(text))
    } catch {
      switch error {
      case .twoStars: report(node, path, "write one star, not two in a row", "* matches any run of characters")
      case .escape: report(node, path, "there is a lone backslash", "write \\\\* for a star, \\\\\\\\ for a backslash")
      }
      return nil
    }
  }

  private mutating func readExists(_ node: JSONNode, at path: String) -> ValueTest? {
    if let isThere = node.bool { return isThere ? .present : .absent }
    report(node, path, "write true or false, not \(node.shown)", nil)
    return nil
  }

  private mutating func readNetwork(_ node: JSONNode, at path: String) -> ValueTest? {
    guard let text = readText(node, at: path) else { return nil }
    do throws(AddressBlock.Mistake) {
      return .network(try AddressBlock(text))
    } catch {
      switch error {
      case .noSlash: report(node, path, "write an address and a length, not \(node.shown)", "like \"10.0.0.0/8\"")
      case .address: report(node, path, "\(node.shown) has no IP address before the slash", "like \"2001:db8::/32\"")
      case .bits(let allowed): report(node, path, "write a length of 0 to \(allowed) after the slash", nil)
      }
      return nil
    }
  }
}
