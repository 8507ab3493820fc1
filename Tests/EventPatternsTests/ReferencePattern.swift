import JSONSource

/// The meaning of patterns, said as plainly as can be and without any code of the room: the judge in the fuzz tests.
///
/// It reads the trees of pattern and event and tries every assignment of leaves to fields.
struct ReferencePattern {
  typealias Path = [String.UTF8View.Element]

  struct Leaf {
    let path: Path
    let value: JSONNode
    /// The index of the element, by the number of its array.
    let membership: [Int: Int]
  }

  /// Per combination of `$or`: the fields in order, and the alternatives for each.
  let combinations: [[(path: Path, tests: [JSONNode])]]
  let joinsKeys: Bool

  init(_ pattern: JSONNode, joinsKeys: Bool) {
    self.joinsKeys = joinsKeys
    combinations = ReferencePattern.expand(pattern, at: nil, joinsKeys).map { combination in
      var last: [Path: [JSONNode]] = [:]
      for (path, tests) in combination { last[path] = tests }
      // Dots and separators sort alike; no key of the fuzz tests has characters that UTF-8 and UTF-16 order differently.
      return last.map { (path: $0.key, tests: joinsKeys ? $0.value.map(ReferenceNetwork.spelled) : $0.value) }
        .sorted { $0.path.map(dotted).lexicographicallyPrecedes($1.path.map(dotted)) }
    }
  }

  private static func join(_ path: Path?, _ key: String, _ joinsKeys: Bool) -> Path {
    let added = key.utf8.map { joinsKeys && $0 == UInt8(ascii: ".") ? 0xFF : $0 }
    return path.map { $0 + [0xFF] + added } ?? added
  }

  private static func expand(_ node: JSONNode, at path: Path?, _ joinsKeys: Bool) -> [[(Path, [JSONNode])]] {
    var all: [[(Path, [JSONNode])]] = [[]]
    for member in node.members ?? [] {
      let added: [[(Path, [JSONNode])]]
      if member.key == "$or" {
        added = (member.value.elements ?? []).flatMap { expand($0, at: path, joinsKeys) }
      } else if let tests = member.value.elements {
        added = [[(join(path, member.key, joinsKeys), tests)]]
      } else {
        added = expand(member.value, at: join(path, member.key, joinsKeys), joinsKeys)
      }
      all = all.flatMap { one in added.map { one + $0 } }
    }
    return all
  }

  func matches(_ event: JSONNode) -> Bool {
    var leaves: [Leaf] = []
    var arrays = 0
    collect(event, nil, [:], &leaves, &arrays)
    return combinations.contains { holds($0[...], leaves, [:]) }
  }

  private func collect(
    _ node: JSONNode, _ path: Path?, _ membership: [Int: Int], _ leaves: inout [Leaf], _ arrays: inout Int
  ) {
    if let members = node.members {
      for member in members {
        collect(member.value, ReferencePattern.join(path, member.key, joinsKeys), membership, &leaves, &arrays)
      }
    } else if let elements = node.elements {
      arrays += 1
      let array = arrays
      for (index, element) in elements.enumerated() {
        let isContainer = element.members != nil || element.elements != nil
        let inner = isContainer ? membership.merging([array: index]) { $1 } : membership
        collect(element, path, inner, &leaves, &arrays)
      }
    } else {
      leaves.append(Leaf(path: path ?? [], value: node, membership: membership))
    }
  }

  private func holds(
    _ fields: ArraySlice<(path: Path, tests: [JSONNode])>, _ leaves: [Leaf], _ chosen: [Int: Int]
  ) -> Bool {
    guard let field = fields.first else { return true }
    let consistent = leaves.filter { leaf in
      leaf.path == field.path && leaf.membership.allSatisfy { chosen[$0.key] == nil || chosen[$0.key] == $0.value }
    }
    for leaf in consistent where field.tests.contains(where: { ReferenceTest.holds($0, leaf.value) }) {
      if holds(fields.dropFirst(), leaves, chosen.merging(leaf.membership) { $1 }) { return true }
    }
    let mayBeAbsent = field.tests.contains { $0["exists"]?.bool == false }
    return mayBeAbsent && consistent.isEmpty && holds(fields.dropFirst(), leaves, chosen)
  }
}

private func dotted(_ byte: UInt8) -> UInt8 {
  byte == 0xFF ? UInt8(ascii: ".") : byte
}

/// One alternative of a field's list against one leaf.
enum ReferenceTest {
  static func holds(_ test: JSONNode, _ leaf: JSONNode) -> Bool {
    switch test.content {
    case .null: leaf.isNull
    case .bool(let value): leaf.bool == value
    case .string(let text): leaf.string.map { Array($0.utf8) == Array(text.utf8) } ?? false
    case .number(let text): leaf.number.map { ReferenceNumber($0) == ReferenceNumber(text) } ?? false
    case .object(let members): members.allSatisfy { holds($0.key, $0.value, leaf) }
    default: false
    }
  }

  private static func holds(_ name: String, _ operand: JSONNode, _ leaf: JSONNode) -> Bool {
    switch name {
    case "exists": operand.bool == true
    case "numeric": numeric(operand.elements ?? [], leaf)
    case "anything-but": !excluded(operand).contains { holds($0, leaf) }
    default: leaf.string.map { holds(name, operand, Array($0.unicodeScalars)) } ?? false
    }
  }

  /// The tests that `anything-but` rules out.
  private static func excluded(_ operand: JSONNode) -> [JSONNode] {
    guard let member = operand.members?.first else { return operand.elements ?? [operand] }
    return (member.value.elements ?? [member.value]).map { value in
      JSONNode(.object([JSONMember(key: member.key, keyRange: 0..<0, value: value)]), at: 0..<0)
    }
  }

  private static func numeric(_ bounds: [JSONNode], _ leaf: JSONNode) -> Bool {
    guard let text = leaf.number, case .value(let value) = ReferenceNumber(text) else { return false }
    return stride(from: 0, to: bounds.count, by: 2).allSatisfy { index in
      guard let limit = Double(bounds[index + 1].number ?? "") else { return false }
      return switch bounds[index].string {
      case "<": value < limit
      case "<=": value <= limit
      case ">": value > limit
      case ">=": value >= limit
      default: value == limit
      }
    }
  }

  private static func holds(_ name: String, _ operand: JSONNode, _ text: [Unicode.Scalar]) -> Bool {
    let wanted = Array((operand.string ?? operand["equals-ignore-case"]?.string ?? "").unicodeScalars)
    let ignoresCase = operand.string == nil
    let isSame: (ArraySlice<Unicode.Scalar>) -> Bool = { part in
      part.count == wanted.count && zip(wanted, part).allSatisfy { ignoresCase ? isForm($0, $1) : $0 == $1 }
    }
    switch name {
    case "prefix": return isSame(text.prefix(wanted.count))
    case "suffix": return isSame(text.suffix(wanted.count))
    case "exactly": return wanted == text
    case "equals-ignore-case": return text.count == wanted.count && zip(wanted, text).allSatisfy(isForm)
    case "wildcard": return wildcard(wanted[...], text[...])
    case "cidr": return ReferenceNetwork.contains(operand.string ?? "", text)
    default: return false
    }
  }

  private static func isForm(_ wanted: Unicode.Scalar, _ found: Unicode.Scalar) -> Bool {
    let own = String(Character(found)).unicodeScalars.first
    let forms = [wanted.properties.lowercaseMapping, wanted.properties.uppercaseMapping].map {
      Array($0.unicodeScalars)
    }
    return own == wanted || forms.contains([found])
  }

  private static func wildcard(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return wildcard(pattern.dropFirst(), text) || !text.isEmpty && wildcard(pattern, text.dropFirst())
    }
    let isEscape = first == "\\"
    let wanted = isEscape ? pattern.dropFirst().first : first
    return text.first == wanted && wildcard(pattern.dropFirst(isEscape ? 2 : 1), text.dropFirst())
  }
}

/// A number by its digits: trailing zeros and the place of the point taken out by hand.
enum ReferenceNumber: Equatable {
  case value(Double)
  case text(String)

  init(_ text: String) {
    if let value = Double(text), value.isFinite, ReferenceNumber.plain(text) == ReferenceNumber.plain(value.description)
    {
      self = .value(value)
    } else {
      self = .text(text)
    }
  }

  /// Sign, digits without zeros at either end, and exponent.
  private static func plain(_ text: String) -> [String] {
    let parts = text.lowercased().split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
    var digits = Substring(mantissa[0] + fraction).drop { $0 == "-" }.drop { $0 == "0" }
    var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction.count
    while digits.last == "0" {
      digits.removeLast()
      exponent += 1
    }
    return digits.isEmpty ? [] : [text.hasPrefix("-") ? "-" : "", String(digits), String(exponent)]
  }
}

enum ReferenceNetwork {
  static func contains(_ network: String, _ text: [Unicode.Scalar]) -> Bool {
    let parts = network.split(separator: "/")
    var address = ""
    address.unicodeScalars.append(contentsOf: text)
    guard let base = bits(String(parts[0])), let other = bits(address), let length = Int(parts[1]) else { return false }
    return base.count == other.count && base.prefix(length) == other.prefix(length)
  }

  /// In event-ruler's dialect an address stands for the network of itself.
  static func spelled(_ test: JSONNode) -> JSONNode {
    guard let text = test.string, let bits = bits(text) else { return test }
    let network = JSONNode(.string("\(text)/\(bits.count)"), at: test.range)
    return JSONNode(.object([JSONMember(key: "cidr", keyRange: test.range, value: network)]), at: test.range)
  }

  private static func bits(_ address: String) -> [Bool]? {
    if address.contains(":") { return groups(address).map { $0.flatMap { bits($0, 16) } } }
    let parts = address.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { $0.allSatisfy(\.isNumber) ? Int($0) : nil }
    guard parts.count == 4, numbers.count == 4, numbers.allSatisfy({ $0 < 256 }) else { return nil }
    return numbers.flatMap { bits($0, 8) }
  }

  private static func groups(_ address: String) -> [Int]? {
    let halves = address.split(separator: "::", omittingEmptySubsequences: false)
    let lists = halves.map { $0.isEmpty ? [] : $0.split(separator: ":", omittingEmptySubsequences: false) }
    let numbers = lists.map { $0.compactMap { Int($0, radix: 16) } }
    guard zip(lists, numbers).allSatisfy({ $0.count == $1.count }) else { return nil }
    if halves.count == 1 { return numbers[0].count == 8 ? numbers[0] : nil }
    guard halves.count == 2, numbers[0].count + numbers[1].count < 8 else { return nil }
    return numbers[0] + Array(repeating: 0, count: 8 - numbers[0].count - numbers[1].count) + numbers[1]
  }

  private static func bits(_ value: Int, _ width: Int) -> [Bool] {
    (0..<width).map { value >> (width - 1 - $0) & 1 == 1 }
  }
}
