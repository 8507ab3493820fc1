/// Finds the places of many offsets in one text. In ascending order, all of them together take one pass.
package struct SourceLocator {
  private let bytes: [UInt8]
  private var offset = 0
  private var place = SourceLocation(line: 1, column: 1)

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Like ``SourceLocation/init(of:in:)``.
  package mutating func location(of target: Int) -> SourceLocation {
    let end = min(max(target, 0), bytes.count)
    if end < offset { (offset, place) = (0, SourceLocation(line: 1, column: 1)) }
    let step = SourceLocation(of: end - offset, in: bytes[offset...])
    let column = step.line == 1 ? place.column + step.column - 1 : step.column
    (offset, place) = (end, SourceLocation(line: place.line + step.line - 1, column: column))
    return place
  }
}

/// The part of a source line that is shown with a caret below it.
package struct SourceExcerpt: Sendable, Equatable {
  /// At most 200 bytes around the place, without the line ending.
  package let text: String
  /// The part of `text` before the place.
  package let before: String
  /// The range of `text` in bytes.
  package let range: Range<Int>

  package init(of offset: Int, in bytes: [UInt8]) {
    let end = min(max(offset, 0), bytes.count)
    let newline = UInt8(ascii: "\n")
    let earliest = max(0, end - 150)
    var start = bytes[earliest..<end].lastIndex(of: newline).map { $0 + 1 } ?? earliest
    while start < end, bytes[start] & 0xC0 == 0x80 { start += 1 }
    let latest = min(bytes.count, start + 200)
    var stop = bytes[end..<max(end, latest)].firstIndex(of: newline) ?? latest
    while stop > end, stop < bytes.count, bytes[stop] & 0xC0 == 0x80 { stop -= 1 }
    range = start..<stop
    before = String(decoding: bytes[start..<end], as: UTF8.self)
    text = before + String(decoding: bytes[end..<stop], as: UTF8.self)
  }
}
