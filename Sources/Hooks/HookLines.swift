import Glibc

/// Cuts one stream of bytes into lines, without their `\n` or `\r\n`; a line longer than 8 KiB comes in pieces.
struct HookLines {
  /// Bytes in one piece at most, unless a secret begins with it that is longer.
  static let longest = 8 * 1024
  /// Bytes read beyond a piece, so that no secret is cut in two: nobody would know its halves.
  static let margin = 16 * 1024

  private let secretPlaces: @Sendable ([UInt8]) -> [Range<Int>]
  private var pending: [UInt8] = []

  /// - Parameter secretPlaces: where secrets stand in bytes, in order.
  init(secretPlaces: @escaping @Sendable ([UInt8]) -> [Range<Int>] = { _ in [] }) {
    self.secretPlaces = secretPlaces
  }

  /// Takes more bytes and hands on every line, or full piece of a line, that they complete.
  mutating func append(_ chunk: ArraySlice<UInt8>, emit: (String) -> Void) {
    var rest = chunk
    while !rest.isEmpty {
      let newline = Self.newline(in: rest)
      let line = rest[..<(newline ?? rest.endIndex)]
      let part = line.prefix(Self.longest + Self.margin - pending.count)
      pending += part
      if part.count < line.count {
        emitFullPiece(emit)
        rest = rest[part.endIndex...]
      } else if let newline {
        if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
        emitWhole(emit)
        rest = rest[(newline + 1)...]
      } else {
        return
      }
    }
  }

  /// Hands on the last line when it has no `\n`.
  mutating func finish(emit: (String) -> Void) {
    if !pending.isEmpty { emitWhole(emit) }
  }

  /// The line has ended: all of it that waits.
  private mutating func emitWhole(_ emit: (String) -> Void) {
    while pending.count > Self.longest { emitFullPiece(emit) }
    emit(String(decoding: pending, as: UTF8.self))
    pending.removeAll(keepingCapacity: true)
  }

  /// The begun character at the piece's end, if any, goes to the next piece.
  private mutating func emitFullPiece(_ emit: (String) -> Void) {
    let end = cut()
    emit(String(decoding: pending[..<end], as: UTF8.self))
    pending.removeFirst(end)
  }

  private func cut() -> Int {
    let end = UTF8Cut.end(in: pending.prefix(Self.longest))
    guard let place = secretPlaces(pending).first(where: { $0.lowerBound < end && end < $0.upperBound }) else {
      return end
    }
    return place.lowerBound > 0 ? place.lowerBound : place.upperBound
  }

  private static func newline(in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress, let found = memchr(base, Int32(UInt8(ascii: "\n")), raw.count) else {
        return nil
      }
      return bytes.startIndex + (UnsafeRawPointer(found) - base)
    }
  }
}
