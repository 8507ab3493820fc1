import TestSupport

/// Makes patterns and events that have a good chance to meet: few keys, few values, many spellings.
struct RandomJSON {
  var random: SeededGenerator
  var usesDots = false

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    usesDots = seed.isMultiple(of: 3)
  }

  private static let keys = ["a", "b", "c", "ab", "é", "phase", "a long key with more than sixteen bytes"]
  private static let texts = [
    "", "a", "b", "ab", "abc", "abcab", "bca", "AB", "Ab", "é", "É", "straße", "ς", "σ", "Σ", "𐐀", "𐐨", "a*b", "a\\b",
    "日本", "日本語", "10.0.0.1", "10.0.0.200", "010.0.0.1", "fe80::1", "FE80:0::1", "1.2.3.4", "true", "null", "5", "ǅ",
    "ı",
    "a text that is longer than thirty-two bytes, ab", "a text that is longer than thirty-two bytes, AB", "x\ny", "\"",
  ]
  private static let numbers = [
    ["0", "-0", "0.0", "0e5"], ["5", "5.0", "50e-1", "0.5E+1"], ["300", "3e2", "300.000"], ["-1.5", "-15e-1"],
    ["7.25", "725e-2"], ["0.1", "1e-1"], ["0.10000000000000001"], ["9007199254740993"], ["9007199254740992"],
    ["1e400", "1E400"], ["12345678901234567890"], ["1e23", "100000000000000000000000"], ["1.7976931348623157e308"],
    ["0.30000000000000004"], ["123456789012", "123456789012.0"],
  ]
  private static let wildcards = [
    "*", "a*", "*b", "a*b", "*ab*", "a*b*c", "ab", "", "*b*c*", "\\\\*", "a\\\\\\\\*", "日*", "*.0.*", "*longer*",
    "*text that is longer than thirty-two*", "*abcab*", "*ca*",
  ]
  private static let networks = [
    "10.0.0.0/24", "10.0.0.1/32", "0.0.0.0/0", "fe80::/64", "::/0", "10.0.0.77/25", "fe80::1/128",
  ]

  mutating func pick<T>(_ elements: [T]) -> T {
    elements[Int(random.next() % UInt64(elements.count))]
  }

  mutating func chance(_ percent: UInt64) -> Bool {
    random.next() % 100 < percent
  }

  private mutating func space() -> String {
    chance(85) ? "" : pick([" ", "\n", "\t ", "  "])
  }

  /// A JSON string, some characters of it as escapes.
  private mutating func quoted(_ text: String) -> String {
    var out = "\""
    for unit in text.unicodeScalars {
      if unit == "\"" || unit == "\\" || unit.value < 0x20 || chance(6) {
        for half in String(Character(unit)).utf16 {
          let hex = String(half, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
      } else {
        out.unicodeScalars.append(unit)
      }
    }
    return out + "\""
  }

  private mutating func key() -> String {
    if usesDots, chance(15) { return quoted("\(pick(["a", "b", "c"])).\(pick(["a", "b", ""]))") }
    return quoted(pick(Array(RandomJSON.keys.prefix(chance(80) ? 4 : 7))))
  }

  private mutating func text() -> String {
    quoted(pick(RandomJSON.texts))
  }

  private mutating func number() -> String {
    let spellings = pick(RandomJSON.numbers)
    return pick(spellings)
  }

  /// A number that can be an operand.
  private mutating func comparable() -> String {
    let spellings = pick(Array(RandomJSON.numbers.prefix(6)))
    return pick(spellings)
  }

  private mutating func list(_ make: (inout RandomJSON) -> String) -> String {
    "[" + (0..<Int(1 + random.next() % 3)).map { _ in make(&self) }.joined(separator: ",") + "]"
  }

  mutating func event() -> String {
    object(depth: 0)
  }

  private mutating func object(depth: Int) -> String {
    let members = (0..<Int(random.next() % 5)).map { _ in
      "\(space())\(key())\(space()):\(space())\(value(depth: depth + 1))\(space())"
    }
    return "{\(members.joined(separator: ","))}"
  }

  private mutating func value(depth: Int) -> String {
    if depth < 4, chance(25) { return object(depth: depth) }
    if depth < 5, chance(30) {
      let elements = (0..<Int(random.next() % 4)).map { _ in space() + value(depth: depth + 1) }
      return "[\(elements.joined(separator: ","))\(space())]"
    }
    return scalar()
  }

  private mutating func scalar() -> String {
    switch random.next() % 10 {
    case 0: "null"
    case 1: pick(["true", "false"])
    case 2, 3: number()
    default: text()
    }
  }

  mutating func pattern() -> String {
    group(depth: 0)
  }

  private mutating func group(depth: Int) -> String {
    let members = (0..<Int(1 + random.next() % 3)).map { _ in
      if depth < 3, chance(12) {
        let alternatives = (0..<Int(2 + random.next() % 2)).map { _ in group(depth: depth + 1) }
        return "\"$or\":[\(alternatives.joined(separator: ","))]"
      }
      if depth < 3, chance(35) { return "\(key()):\(group(depth: depth + 1))" }
      return "\(key()):\(list { $0.test() })"
    }
    return "{\(members.joined(separator: ","))}"
  }

  private mutating func test() -> String {
    if chance(30) { return scalar() }
    return "{\(operation())}"
  }

  private mutating func operation() -> String {
    switch random.next() % 12 {
    case 0, 1: return "\"exists\":\(pick(["true", "false"]))"
    case 2: return "\"prefix\":\(chance(30) ? "{\"equals-ignore-case\":\(text())}" : text())"
    case 3: return "\"suffix\":\(chance(30) ? "{\"equals-ignore-case\":\(text())}" : text())"
    case 4: return "\"equals-ignore-case\":\(text())"
    case 5, 6: return "\"wildcard\":\"\(pick(RandomJSON.wildcards))\""
    case 7: return "\"cidr\":\"\(pick(RandomJSON.networks))\""
    case 8, 9: return "\"numeric\":[\(bounds())]"
    default: return "\"anything-but\":\(excluded())"
    }
  }

  private mutating func bounds() -> String {
    if chance(60) { return "\"\(pick(["=", "<", "<=", ">", ">="]))\",\(comparable())" }
    return "\"\(pick([">", ">="]))\",\(pick(["-2", "0", "5"])),\"\(pick(["<", "<="]))\",\(pick(["5.5", "300", "1e3"]))"
  }

  private mutating func excluded() -> String {
    switch random.next() % 7 {
    case 0: text()
    case 1: list { $0.text() }
    case 2: comparable()
    case 3: list { $0.comparable() }
    case 4: "{\"\(pick(["prefix", "suffix"]))\":\(list { $0.pick(["\"a\"", "\"ab\"", "\"é\"", "\"b\""]) })}"
    case 5: "{\"equals-ignore-case\":\(chance(50) ? text() : list { $0.text() })}"
    default: "{\"wildcard\":\"\(pick(RandomJSON.wildcards))\"}"
    }
  }
}

/// Patterns and events that differ in little but in which element of which array a value lies.
extension RandomJSON {
  /// Fields of two levels, most of them asked for a digit, some for absence.
  mutating func arrayPattern() -> String {
    let groups = ["p", "r", "s"].filter { _ in chance(70) }.map { "\"\($0)\":{\(fields(depth: 0))}" }
    return "{\((groups + ["\"x\":[{\"exists\":false},1,2]"]).joined(separator: ","))}"
  }

  private mutating func fields(depth: Int) -> String {
    var members = ["a", "c", "z"].filter { _ in chance(55) }.map { "\"\($0)\":[\(digitTest())]" }
    if depth < 2, chance(60) || members.isEmpty { members.append("\"b\":{\(fields(depth: depth + 1))}") }
    if members.isEmpty { members.append("\"a\":[\(digitTest())]") }
    return members.joined(separator: ",")
  }

  private mutating func digitTest() -> String {
    pick([
      "0", "1", "1", "1,2", "{\"exists\":true}", "{\"exists\":false}", "{\"exists\":false},1", "{\"anything-but\":1}",
    ])
  }

  mutating func arrayEvent() -> String {
    let members = ["p", "p", "r", "s"].filter { _ in chance(75) }.map { "\"\($0)\":\(elements(depth: 0))" }
    return "{\(members.joined(separator: ","))}"
  }

  private mutating func elements(depth: Int) -> String {
    if chance(15) { return element(depth: depth) }
    let elements = (0..<Int(1 + random.next() % 3)).map { _ in
      depth < 3 && chance(8) ? "[\(element(depth: depth)),\(element(depth: depth))]" : element(depth: depth)
    }
    return "[\(elements.joined(separator: ","))]"
  }

  private mutating func element(depth: Int) -> String {
    var members = ["a", "c", "z"].filter { _ in chance(60) }.map {
      "\"\($0)\":\(pick(["0", "1", "1", "2", "[1,2]", "[]"]))"
    }
    if depth < 2, chance(70) { members.append("\"b\":\(elements(depth: depth + 1))") }
    if depth < 2, chance(8) { members.append("\"b\":\(element(depth: depth + 1))") }
    return "{\(members.joined(separator: ","))}"
  }
}
