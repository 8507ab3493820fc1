import JSONSource

/// A string or token of an event, with its hash.
struct EventText {
  let text: UnsafePointer<UInt8>
  let count: Int32
  let hash: UInt64

  @inline(__always)
  init(_ text: UnsafePointer<UInt8>, _ count: Int, hash: UInt64) {
    self.text = text
    self.count = Int32(truncatingIfNeeded: count)
    self.hash = hash
  }

  init(_ text: UnsafePointer<UInt8>, _ count: Int) {
    self.init(text, count, hash: Fingerprint.of(text, count))
  }

  @inline(__always)
  var containsDot: Bool {
    for index in 0..<Int(count) where text[index] == UInt8(ascii: ".") { return true }
    return false
  }
}

/// A place in the bytes of an event. Strings are read eight bytes at a time and hashed on the way.
struct EventCursor {
  private let start: UnsafePointer<UInt8>
  private var position: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>

  init(_ event: UnsafeRawBufferPointer) {
    start = event.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? ("" as StaticString).utf8Start
    position = start
    end = start + event.count
  }

  /// The byte that comes next, white space passed over; 0, which stands nowhere in JSON, at the end.
  @inline(__always)
  mutating func next() -> UInt8 {
    while position < end {
      let byte = position.pointee
      if byte > 0x20 { return byte }
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return 0
  }

  @inline(__always)
  mutating func advance() {
    position += 1
  }

  func error(_ text: String, back: Int = 0) -> JSONSyntaxError {
    JSONSyntaxError(offset: min(max(position - start - back, 0), end - start), text)
  }

  /// Eight bytes at `place`, zeros behind the event's end.
  @inline(__always)
  private func word(at place: UnsafePointer<UInt8>) -> UInt64 {
    if place + 8 <= end { return UnsafeRawPointer(place).loadUnaligned(as: UInt64.self) }
    var word: UInt64 = 0
    var index: UInt64 = 0
    while place + Int(index) < end {
      word |= UInt64(place[Int(index)]) &<< (index &* 8)
      index &+= 1
    }
    return word
  }

  /// Reads the string whose opening quotation mark comes next; escapes are resolved into `buffer`, which has room.
  @inline(__always)
  mutating func string(_ buffer: inout Scratch<UInt8>) throws(JSONSyntaxError) -> EventText {
    let first = position + 1
    var place = first
    var fingerprint = Fingerprint()
    while place < end {
      let word = word(at: place)
      let hits = Bytes.quotesAndBackslashes(word)
      if hits == 0 {
        fingerprint.add(word)
        place += 8
        continue
      }
      let before = hits.trailingZeroBitCount & ~7
      guard place[before &>> 3] == UInt8(ascii: "\"") else { return try escaped(first, &buffer) }
      if before > 0 { fingerprint.add(word & ((1 &<< UInt64(before)) &- 1)) }
      place += before &>> 3
      position = place + 1
      let count = place - first
      return EventText(first, count, hash: fingerprint.finished(count: count))
    }
    throw error("this string is never closed")
  }

  private mutating func escaped(
    _ first: UnsafePointer<UInt8>, _ buffer: inout Scratch<UInt8>
  ) throws(JSONSyntaxError) -> EventText {
    position = first
    let start = buffer.count
    while position < end, position.pointee != UInt8(ascii: "\"") {
      if position.pointee == UInt8(ascii: "\\") {
        try escape(&buffer)
      } else {
        buffer.append(position.pointee)
        position += 1
      }
    }
    guard position < end else { throw error("this string is never closed") }
    position += 1
    return EventText(UnsafePointer(buffer.base + start), buffer.count - start)
  }

  private mutating func escape(_ buffer: inout Scratch<UInt8>) throws(JSONSyntaxError) {
    guard position + 1 < end else { throw error("this string is never closed") }
    let byte = position[1]
    position += 2
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
    case UInt8(ascii: "n"): buffer.append(0x0A)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "r"): buffer.append(0x0D)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0C)
    case UInt8(ascii: "u"):
      for byte in UTF8Text.encode(try scalar()) { buffer.append(byte) }
    default: throw error("an unknown escape stands in this string", back: 2)
    }
  }

  /// The character behind `\u`; a surrogate without its other half becomes U+FFFD, as in ``JSONDocument``.
  private mutating func scalar() throws(JSONSyntaxError) -> UInt32 {
    let high = try hexadecimal()
    guard high &- 0xD800 < 0x400 else { return high &- 0xDC00 < 0x400 ? 0xFFFD : high }
    guard position + 6 <= end, position[0] == UInt8(ascii: "\\"), position[1] == UInt8(ascii: "u") else {
      return 0xFFFD
    }
    let behind = position
    position += 2
    let low = try hexadecimal()
    if low &- 0xDC00 < 0x400 { return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00) }
    position = behind
    return 0xFFFD
  }

  private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    guard position + 4 <= end else { throw error("this string is never closed") }
    var value: UInt32 = 0
    for index in 0..<4 {
      let digit = Character(UnicodeScalar(position[index])).hexDigitValue
      guard let digit else { throw error("\\u must be followed by four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }

  /// Reads a number or word.
  mutating func token() throws(JSONSyntaxError) -> EventText {
    let first = position
    try skipToken()
    return EventText(first, position - first)
  }
}

extension EventCursor {
  /// Passes over the value that comes next and begins with `byte`.
  @inline(__always)
  mutating func skip(_ byte: UInt8) throws(JSONSyntaxError) {
    switch byte {
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "{"), UInt8(ascii: "["): try skipContainer()
    default: try skipToken()
    }
  }

  @inline(__always)
  private mutating func skipToken() throws(JSONSyntaxError) {
    let first = position
    while position < end, Bytes.isTokenByte(position.pointee) { position += 1 }
    guard Bytes.isNumberOrWord(first, position - first) else { throw error("no JSON value", back: position - first) }
  }

  @inline(__always)
  private mutating func skipString() throws(JSONSyntaxError) {
    position += 1
    while position < end {
      let hits = Bytes.quotesAndBackslashes(word(at: position))
      if hits == 0 {
        position += 8
        continue
      }
      position += hits.trailingZeroBitCount &>> 3
      if position.pointee == UInt8(ascii: "\"") {
        position += 1
        return
      }
      position += 2
    }
    throw error("this string is never closed")
  }

  @inline(__always)
  private mutating func skipContainer() throws(JSONSyntaxError) {
    position += 1
    try skipRest()
  }

  /// Passes over the rest of the object or array whose content stands here, its end included.
  ///
  /// Sixteen bytes at a time and without branches on what they are: strings are told from the rest by the parity of
  /// quotation marks before each byte. Only bytes with a backslash, and those in which the container may end, are
  /// looked at one by one.
  mutating func skipRest() throws(JSONSyntaxError) {
    var depth = 1
    var inside: UInt64 = 0
    while position + 16 <= end {
      let block = UnsafeRawPointer(position).loadUnaligned(as: SIMD2<UInt64>.self)
      let marks = BlockMarks(block, inside)
      if marks.hasBackslash || marks.closings >= depth {
        if try skipSlowly(&depth, &inside) { return }
        continue
      }
      depth &+= marks.openings &- marks.closings
      inside = marks.inside
      position += 16
    }
    while position < end {
      if try skipSlowly(&depth, &inside) { return }
    }
    throw error("a bracket is never closed")
  }

  /// Passes over up to sixteen bytes one by one; true when the container ended.
  private mutating func skipSlowly(_ depth: inout Int, _ inside: inout UInt64) throws(JSONSyntaxError) -> Bool {
    let stop = end - position < 16 ? end : position + 16
    while position < stop {
      let byte = position.pointee
      position += 1
      switch byte {
      case UInt8(ascii: "\""): inside = ~inside
      case UInt8(ascii: "\\") where inside != 0: position += 1
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= inside == 0 ? 1 : 0
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth &-= inside == 0 ? 1 : 0
        if depth == 0 { return true }
      default: break
      }
    }
    return false
  }
}

/// What sixteen bytes mean for someone who counts brackets.
private struct BlockMarks {
  /// All ones where the byte behind the block lies in a string, else zero.
  let inside: UInt64
  let openings: Int
  let closings: Int
  let hasBackslash: Bool

  private static let tops = SIMD2<UInt64>(repeating: 0x8080_8080_8080_8080)
  private static let lows = SIMD2<UInt64>(repeating: 0x7F7F_7F7F_7F7F_7F7F)

  @inline(__always)
  init(_ block: SIMD2<UInt64>, _ inside: UInt64) {
    let quotes = BlockMarks.marks(of: 0x22, in: block)
    let first = BlockMarks.parity(quotes.x) ^ inside
    let second = BlockMarks.parity(quotes.y) ^ BlockMarks.spread(first)
    self.inside = BlockMarks.spread(second)
    let outside = SIMD2(~first, ~second)
    // `[` and `{`, and `]` and `}`, differ in one bit.
    let folded = block | SIMD2(repeating: 0x2020_2020_2020_2020)
    openings = BlockMarks.count(BlockMarks.marks(of: 0x7B, in: folded) & outside)
    closings = BlockMarks.count(BlockMarks.marks(of: 0x7D, in: folded) & outside)
    let slashes = BlockMarks.marks(of: 0x5C, in: block)
    hasBackslash = slashes.x | slashes.y != 0
  }

  /// The top bit of each byte that is `byte`.
  @inline(__always)
  private static func marks(of byte: UInt64, in block: SIMD2<UInt64>) -> SIMD2<UInt64> {
    let differences = block ^ SIMD2(repeating: byte &* 0x0101_0101_0101_0101)
    return ~(((differences & lows) &+ lows) | differences | lows)
  }

  /// The top bit of each byte up to which, itself included, an odd number of top bits is set.
  @inline(__always)
  private static func parity(_ marks: UInt64) -> UInt64 {
    var parity = marks
    parity ^= parity &<< 8
    parity ^= parity &<< 16
    return parity ^ parity &<< 32
  }

  /// All ones where the last byte's top bit is set.
  @inline(__always)
  private static func spread(_ marks: UInt64) -> UInt64 {
    UInt64(bitPattern: Int64(bitPattern: marks) &>> 63)
  }

  /// How many top bits are set; no other bits are.
  @inline(__always)
  private static func count(_ marks: SIMD2<UInt64>) -> Int {
    Int(truncatingIfNeeded: ((marks.x &>> 7 &+ marks.y &>> 7) &* 0x0101_0101_0101_0101) &>> 56)
  }
}

/// Tests on eight bytes at once: the top bit of each byte that passes is set. Bits above the lowest may be wrong.
enum Bytes {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 {
    (word &- ones) & ~word
  }

  @inline(__always)
  static func quotesAndBackslashes(_ word: UInt64) -> UInt64 {
    (zeros(word ^ (ones &* 0x22)) | zeros(word ^ (ones &* 0x5C))) & tops
  }

  /// Letters, digits, `+`, `-` and `.`.
  @inline(__always)
  static func isTokenByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
      || byte &- UInt8(ascii: "+") < 4 && byte != 0x2C
  }

  /// Takes what begins like a number for one.
  @inline(__always)
  static func isNumberOrWord(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard count > 0 else { return false }
    let first = text[0]
    if first &- UInt8(ascii: "0") < 10 || first == UInt8(ascii: "-") { return true }
    switch first {
    case UInt8(ascii: "t"): return isWord(text, count, "true")
    case UInt8(ascii: "f"): return isWord(text, count, "false")
    case UInt8(ascii: "n"): return isWord(text, count, "null")
    default: return false
    }
  }

  @inline(__always)
  private static func isWord(_ text: UnsafePointer<UInt8>, _ count: Int, _ word: StaticString) -> Bool {
    count == word.utf8CodeUnitCount && sameBytes(text, word.utf8Start, count)
  }
}

/// Whether two texts of the same length are the same.
@inline(__always)
func sameBytes(_ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var position = 0
  while position &+ 8 <= count {
    let left = UnsafeRawPointer(one + position).loadUnaligned(as: UInt64.self)
    let right = UnsafeRawPointer(other + position).loadUnaligned(as: UInt64.self)
    if left != right { return false }
    position &+= 8
  }
  while position < count {
    if one[position] != other[position] { return false }
    position &+= 1
  }
  return true
}
