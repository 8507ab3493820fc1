/// Changes inputs at random; with the same seed in the same way.
struct Mutator {
  private var random: SplitMix64
  private static let longest = 20_000

  init(seed: UInt64) {
    random = SplitMix64(state: seed)
  }

  /// What stands in JSON and in rules files, and what is known to make trouble.
  private static let tokens: [[UInt8]] = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d\\ude00", "\\ud800", "\\u0000", "\\\"", "//", "/*", "*/",
    "\n",
    "null", "true", "false", "0", "-0", "-", "1e999999999999999999999", "1e-400", "0.10000000000000001",
    "9007199254740993",
    "18446744073709551616", "300", "3.0e2", "\u{FEFF}", "é", "e\u{301}", "😀", "\u{0}", "\r\n", "{}", "[]", "\"\"",
    "{\"a\":", "[[[[[[[[", "\"$or\":[", "{\"exists\":false}", "{\"prefix\":\"a\"}", "{\"suffix\":",
    "{\"wildcard\":\"*a*b\"}",
    "{\"anything-but\":[", "{\"numeric\":[\">\",1,\"<=\",1e3]}", "{\"cidr\":\"10.0.0.0/8\"}", "{\"cidr\":\"::/0\"}",
    "{\"equals-ignore-case\":\"ς\"}", "{{", "}}", "{{#run}}", "{{/run}}", "{{^flow}}", "{{truncate3(flow)}}",
    "${env:TOKEN}",
    "${", "\"phase\":", "\"runId\":", "\"match\":{", "\"on\":", "\"actions\":", "\"send\":\"chat\"", "\"run\":[",
    "\"body\":",
    "2h30m", "Sun, 06 Nov 1994 08:49:37 GMT", " 300000000 ", "1e400", "-1e400", "nan", "9223372036854775807ms",
    "terminal",
  ].map { Array($0.utf8) }

  mutating func variant(of population: [[UInt8]]) -> [UInt8] {
    var bytes = pick(population)
    for _ in 0...below(below(4) == 0 ? 12 : 3) { change(&bytes, population) }
    return bytes.count > Self.longest ? Array(bytes[..<Self.longest]) : bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ population: [[UInt8]]) {
    let place = below(bytes.count + 1)
    switch below(9) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
    case 1 where place < bytes.count: bytes[place] = UInt8(below(256))
    case 2: bytes.removeSubrange(range(in: bytes))
    case 3: bytes.insert(contentsOf: bytes[range(in: bytes)], at: place)
    case 4:
      let other = pick(population)
      bytes.replaceSubrange(range(in: bytes), with: other[range(in: other)])
    case 5:
      let chunk = bytes[range(in: bytes)].prefix(40)
      bytes.insert(contentsOf: (0..<below(300)).flatMap { _ in chunk }, at: place)
    case 6: bytes.replaceSubrange(range(in: bytes), with: pick(Self.tokens))
    default: bytes.insert(contentsOf: pick(Self.tokens), at: place)
    }
  }

  /// Mostly short.
  private mutating func range(in bytes: [UInt8]) -> Range<Int> {
    let start = below(bytes.count + 1)
    return start..<min(bytes.count, start + below(below(3) == 0 ? bytes.count + 1 : 12))
  }

  private mutating func pick<T>(_ elements: [T]) -> T {
    elements[below(elements.count)]
  }

  private mutating func below(_ limit: Int) -> Int {
    limit < 1 ? 0 : Int(random.next() % UInt64(limit))
  }
}

/// Vigna's SplitMix64.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
