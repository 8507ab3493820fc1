/// The first and the last 32 KiB of what a hook wrote to one stream, and how much was left out between: memory stays flat,
/// however much is written.
package struct HookOutput: Sendable {
  /// Bytes kept at each end.
  package static let kept = 32 * 1024

  package private(set) var head: [UInt8] = []

  /// All bytes ever written, kept or not.
  package private(set) var total = 0

  /// Holds up to twice what is kept, so that it is trimmed once in 32 KiB and not at every append.
  private var recent: [UInt8] = []

  /// What was written last and is not already in ``head``.
  package var tail: ArraySlice<UInt8> { recent.suffix(Self.kept) }

  /// Bytes between ``head`` and ``tail`` that were not kept.
  package var dropped: Int { total - head.count - tail.count }

  package init() {}

  mutating func append(_ chunk: ArraySlice<UInt8>) {
    total += chunk.count
    let forHead = chunk.prefix(Self.kept - head.count)
    head += forHead
    let rest = chunk.dropFirst(forHead.count)
    if rest.count >= Self.kept {
      recent = Array(rest.suffix(Self.kept))
      return
    }
    recent += rest
    if recent.count > 2 * Self.kept { recent.removeFirst(recent.count - Self.kept) }
  }

  /// Both ends as text, with a line that tells how much is missing between. Bytes that are no UTF-8 become U+FFFD; a
  /// character that the gap cuts in two belongs to the gap.
  package var text: String {
    guard dropped > 0 else { return String(decoding: head + tail, as: UTF8.self) }
    let front = head.prefix(UTF8Cut.end(in: head[...]))
    let back = tail.dropFirst(UTF8Cut.strayStart(of: tail))
    let missing = total - front.count - back.count
    let separator = front.last == UInt8(ascii: "\n") ? "" : "\n"
    return String(decoding: front, as: UTF8.self) + separator + "[\(missing) bytes left out]\n"
      + String(decoding: back, as: UTF8.self)
  }
}
