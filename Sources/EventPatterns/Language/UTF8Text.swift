/// Code points of arbitrary bytes: each byte that isn't UTF-8 counts as U+FFFD.
enum UTF8Text {
  static func encode(_ scalar: UInt32) -> [UInt8] {
    Array(String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
  }

  /// The code point at `position`, which is advanced past it.
  @inline(__always)
  static func next(_ text: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int) -> UInt32 {
    let first = text[position]
    if first < 0x80 {
      position &+= 1
      return UInt32(first)
    }
    return nextBeyondASCII(text, count, &position)
  }

  private static func nextBeyondASCII(_ text: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int) -> UInt32 {
    let first = text[position]
    let length = length(first)
    guard length > 1, position &+ length <= count else {
      position &+= 1
      return 0xFFFD
    }
    var value = UInt32(first) & (0x7F &>> UInt32(length))
    for index in 1..<length {
      let byte = text[position &+ index]
      guard byte & 0xC0 == 0x80 else {
        position &+= 1
        return 0xFFFD
      }
      value = value &<< 6 | UInt32(byte & 0x3F)
    }
    position &+= length
    return value
  }

  /// The code point before `position`, which is moved to its first byte.
  static func previous(_ text: UnsafePointer<UInt8>, _ position: inout Int) -> UInt32 {
    var start = position &- 1
    while start > 0, position &- start < 4, text[start] & 0xC0 == 0x80 { start &-= 1 }
    var end = start
    let value = next(text, position, &end)
    guard end == position else {
      position &-= 1
      return 0xFFFD
    }
    position = start
    return value
  }

  private static func length(_ first: UInt8) -> Int {
    switch first {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }

  /// Writes a code point as UTF-8 and returns its length; `target` has room for four bytes.
  @inline(__always)
  static func write(_ scalar: UInt32, to target: UnsafeMutablePointer<UInt8>) -> Int {
    if scalar < 0x80 {
      target[0] = UInt8(truncatingIfNeeded: scalar)
      return 1
    }
    if scalar < 0x800 {
      target[0] = 0xC0 | UInt8(truncatingIfNeeded: scalar &>> 6)
      target[1] = 0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F)
      return 2
    }
    if scalar < 0x10000 {
      target[0] = 0xE0 | UInt8(truncatingIfNeeded: scalar &>> 12)
      target[1] = 0x80 | UInt8(truncatingIfNeeded: scalar &>> 6 & 0x3F)
      target[2] = 0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F)
      return 3
    }
    target[0] = 0xF0 | UInt8(truncatingIfNeeded: scalar &>> 18)
    target[1] = 0x80 | UInt8(truncatingIfNeeded: scalar &>> 12 & 0x3F)
    target[2] = 0x80 | UInt8(truncatingIfNeeded: scalar &>> 6 & 0x3F)
    target[3] = 0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F)
    return 4
  }
}
