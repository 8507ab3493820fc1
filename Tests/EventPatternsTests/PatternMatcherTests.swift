import JSONSource
import Testing

@testable import EventPatterns

@Suite struct PatternMatcherTests {
  @Test func `one event leaves nothing behind for the next`() throws {
    let set = try PatternSet(texts: [#"{"a":[1]}"#, #"{"b":[{"exists":false}]}"#, #"{"c":{"d":["x"],"e":["y"]}}"#])
    var matcher = set.makeMatcher()
    for _ in 0..<3 {
      #expect(try matcher.matches(#"{"a":1,"b":2}"#) == [0])
      #expect(try matcher.matches("{}") == [1])
      #expect(throws: JSONSyntaxError.self) { try matcher.matches(#"{"a":1,"#) }
      #expect(try matcher.matches(#"{"c":[{"d":"x"},{"e":"y"}]}"#) == [1])
      #expect(try matcher.matches(#"{"c":[{"d":"x","e":"y"}]}"#) == [1, 2])
    }
  }

  @Test(arguments: [3, 40, 1_000])
  func `matches come in ascending order, however many`(count: Int) throws {
    let texts = (0..<count).map { $0.isMultiple(of: 2) ? #"{"b":[{"prefix":"x"}]}"# : "{\"a\":[\(count - $0),0]}" }
    let set = try PatternSet(texts: texts)
    #expect(try set.matches(#"{"a":0,"b":"xyz"}"#) == Array(0..<count))
  }

  @Test func `with unique keys reading stops where all was seen, else every value of a key counts`() throws {
    let set = try PatternSet(texts: [#"{"a":{"b":[1]}}"#])
    var trusting = set.makeMatcher(keysAreUnique: true)
    #expect(try trusting.matches(#"{"a":{"b":1,"c":[{"x":"}"}]},"z":0}"#) == [0])
    #expect(try trusting.matches(#"{"a":{"b":2},"cut"#) == [])
    #expect(try set.matches(#"{"a":{"b":2},"a":{"b":1}}"#) == [0])
  }

  @Test(arguments: [1, 7, 8, 9, 15, 16, 17, 31, 33, 64])
  func `what is passed over ends where it ends, wherever that lies`(padding: Int) throws {
    let set = try PatternSet(texts: [#"{"z":[1]}"#])
    let pad = String(repeating: "x", count: padding)
    let skipped = [
      "{\"k\":\"\(pad)\"}", "[\"\(pad)]\",[]]", "{\"\(pad)\\\"}\":{}}", "[[\"\(pad)\\\\\"],\"[\"]",
      "[{\"\(pad)\":[{}]},1]",
    ]
    for value in skipped {
      #expect(try set.matches("{\"a\":\(value),\"z\":1}") == [0], "\(value)")
      #expect(try set.matches("{\"a\":\(value),\"z\":2}") == [], "\(value)")
    }
  }

  @Test func `an element that one field is met in counts for absence, though the field is met outside of arrays, too`()
    throws
  {
    let set = try PatternSet(texts: [#"{"p":{"a":[1],"z":[{"exists":false}]}}"#])
    #expect(try set.matches(#"{"p":{"a":1},"p":[{"a":1},{"z":2}]}"#) == [0])
    #expect(try set.matches(#"{"p":{"a":1},"p":[{"a":1,"z":2}]}"#) == [])
  }

  @Test func `no patterns match nothing`() throws {
    #expect(try PatternSet([]).matches(#"{"a":1}"#) == [])
  }

  @Test func `in the plain dialect a dot in a key is a dot`() throws {
    let set = try PatternSet(texts: [#"{"a.b":[1]}"#, #"{"a":{"b":[1]}}"#])
    #expect(try set.matches(#"{"a.b":1}"#) == [0])
    #expect(try set.matches(#"{"a":{"b":1}}"#) == [1])
  }

  @Test func `in the plain dialect an address is text`() throws {
    let set = try PatternSet(texts: [#"{"a":["10.0.0.1"]}"#, #"{"a":[{"cidr":"10.0.0.1/32"}]}"#])
    #expect(try set.matches(#"{"a":"10.0.0.1"}"#) == [0, 1])
    #expect(try set.matches(#"{"a":"010.0.0.1"}"#) == [1])
  }

  @Test func `keys and texts compare by code points, not by what looks the same`() throws {
    let set = try PatternSet(texts: ["{\"\u{E9}\":[\"\u{E9}\"]}", "{\"e\u{301}\":[\"e\u{301}\"]}"])
    #expect(try set.matches("{\"\u{E9}\":\"\u{E9}\"}") == [0])
    #expect(try set.matches("{\"e\u{301}\":\"e\u{301}\"}") == [1])
    #expect(try set.matches("{\"\u{E9}\":\"e\u{301}\"}") == [])
  }

  @Test func `a range that many rules share a bound with is found among them`() throws {
    let texts = (0..<50).map { "{\"n\":[{\"numeric\":[\">=\",\($0),\"<\",\($0 + 5)]}]}" }
    let set = try PatternSet(texts: texts)
    for value in -1...60 {
      #expect(try set.matches("{\"n\":\(value)}") == (0..<50).filter { $0 <= value && value < $0 + 5 })
      #expect(try set.matches("{\"n\":\(value).5}") == (0..<50).filter { $0 <= value && value < $0 + 5 })
    }
  }

  @Test func `every letter is met by all its forms of one character, and by nothing else`() throws {
    let letters = (UInt32(1)...0x1E943).compactMap(Unicode.Scalar.init).filter { letter in
      letter.properties.changesWhenLowercased || letter.properties.changesWhenUppercased
    }
    let patterns = letters.map { JSONNode(.string(String(Character($0))), at: 0..<0) }.map { text in
      let test = JSONNode(.object([JSONMember(key: "equals-ignore-case", keyRange: 0..<0, value: text)]), at: 0..<0)
      let list = JSONNode(.array([test]), at: 0..<0)
      return JSONNode(.object([JSONMember(key: "a", keyRange: 0..<0, value: list)]), at: 0..<0)
    }
    #expect(letters.count > 2_000)
    var matcher = try PatternSet(patterns.map { try EventPattern($0) }).makeMatcher()
    for (index, letter) in letters.enumerated() {
      let forms = [String(Character(letter)), letter.properties.lowercaseMapping, letter.properties.uppercaseMapping]
      for form in forms where form.unicodeScalars.count == 1 {
        let found = try matcher.matches("{\"a\":\"\(form)\"}")
        #expect(found.contains(index), "\(letter) by \(form)")
        #expect(found.allSatisfy { CaselessCharacter(letters[$0]).isMet(by: form.unicodeScalars.first?.value ?? 0) })
      }
    }
  }

  @Test func `wildcards that share parts are told apart`() throws {
    let parts = ["she", "he", "hers", "his", "ushers"]
    let set = try PatternSet(texts: parts.map { "{\"a\":[{\"wildcard\":\"*\($0)*\"}]}" })
    for text in ["ushers", "she", "xhisx", "h", "", "hershe", "ahishers"] {
      let expected = parts.indices.filter { text.contains(parts[$0]) }
      #expect(try set.matches("{\"a\":\"\(text)\"}") == expected, "\(text)")
    }
  }

  @Test(
    arguments: [
      ("5e-324", nil), ("4.9e-324", Double(bitPattern: 1)), ("49e-325", Double(bitPattern: 1)),
      ("9.9e-324", Double(bitPattern: 2)), ("1e-323", nil), ("2e-323", Double(bitPattern: 4)),
      ("0.1", 0.1), ("0.10000000000000001", nil), ("9007199254740993", nil),
      ("9007199254740992", 9_007_199_254_740_992),
      ("1e23", 1e23), ("99999999999999999999999", nil), ("-0.0", 0), ("0e999999999999", 0), ("1e400", nil),
      ("1e-400", nil),
      ("1.7976931348623157e308", 1.7976931348623157e308), ("2.2250738585072014E-308", 2.2250738585072014E-308),
      ("123456789012345680000000", nil), ("123456789012345690000000", 1.2345678901234569e23), ("000", nil), ("1.", nil),
      ("-", nil), ("1e", nil),
      ("0.000000000000000000000000000001", 1e-30), ("100000000000000000000000000000000000000e-38", 1),
    ] as [(String, Double?)])
  func `a number is comparable if binary64 writes it so`(text: String, value: Double?) {
    let found = Array(text.utf8).withUnsafeBufferPointer { JSONNumberValue.comparableValue(of: $0) }
    #expect(found?.bitPattern == value?.bitPattern)
  }

  @Test(arguments: [
    "1.2.3", "1.2.3.4.5", "256.1.1.1", "1..2.3", ".1.2.3", "1.2.3.", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "1::2::3", "::g", "::10000", "fe80::1%eth0", "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8::",
  ])
  func `what is no address is in no network`(text: String) throws {
    let set = try PatternSet(texts: [#"{"a":[{"cidr":"0.0.0.0/0"},{"cidr":"::/0"}]}"#])
    #expect(try set.matches("{\"a\":\"\(text)\"}") == [])
  }
}
