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

/// A position in the bytes of an event. Strings are read eight bytes at a time and hashed on the way.
struct EventCursor {
  private let start: UnsafePointer<UInt8>
  var position: UnsafePointer<UInt8>
  let end: UnsafePointer<UInt8>

  init(_ event: UnsafeRawBufferPointer) {
    start = event.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? ("" as StaticString).utf8Start
    position = start
    end = start + event.count
  }

  /// The next byte after white space; 0, which never occurs in JSON, at the end.
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

  /// Eight bytes at `place`, with zeros after the event's end.
  @inline(__always)
  func word(at place: UnsafePointer<UInt8>) -> UInt64 {
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
    default: throw error("there is an unknown escape in this string", back: 2)
    }
  }

  /// The character of a `\u` escape; a lone surrogate becomes U+FFFD, as in ``JSONDocument``.
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
