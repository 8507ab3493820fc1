import Glibc

/// Cuts one stream of bytes into lines, without their `\n` or `\r\n`; a line longer than 8 KiB comes in pieces.
struct HookLines {
  /// Bytes in one piece at most.
  static let longest = 8 * 1024

  private var pending: [UInt8] = []

  /// Takes more bytes and hands on every line, or full piece of a line, that they complete.
  mutating func append(_ chunk: ArraySlice<UInt8>, emit: (String) -> Void) {
    var rest = chunk
    while !rest.isEmpty {
      let newline = Self.newline(in: rest)
      let line = rest[..<(newline ?? rest.endIndex)]
      let part = line.prefix(Self.longest - pending.count)
      pending += part
      if part.count < line.count {
        emitFullPiece(emit)
        rest = rest[part.endIndex...]
      } else if let newline {
        if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
        emitPending(emit)
        rest = rest[(newline + 1)...]
      } else {
        return
      }
    }
  }

  /// Hands on the last line when it has no `\n`.
  mutating func finish(emit: (String) -> Void) {
    if !pending.isEmpty { emitPending(emit) }
  }

  private mutating func emitPending(_ emit: (String) -> Void) {
    emit(String(decoding: pending, as: UTF8.self))
    pending.removeAll(keepingCapacity: true)
  }

  /// The begun character at the piece's end, if any, goes to the next piece.
  private mutating func emitFullPiece(_ emit: (String) -> Void) {
    let end = UTF8Cut.end(in: pending[...])
    emit(String(decoding: pending[..<end], as: UTF8.self))
    pending.removeFirst(end)
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
