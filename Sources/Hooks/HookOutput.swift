package import Secrets

/// The first and the last 32 KiB of what a hook wrote to one stream, and how much was left out between: memory stays flat,
/// however much is written.
package struct HookOutput: Sendable {
  /// Bytes kept at each end.
  package static let kept = 32 * 1024
  /// Bytes held beyond them, so that a secret which the cut falls into is known as one, in its longest spelling, too.
  private static let margin = 16 * 1024

  /// All bytes ever written, kept or not.
  package private(set) var total = 0

  /// From the first byte on: ``kept`` and the margin.
  private var front: [UInt8] = []
  /// From behind ``head`` on. Holds up to twice what is needed, so that it is trimmed once in 48 KiB and not at every append.
  private var recent: [UInt8] = []

  package var head: ArraySlice<UInt8> { front.prefix(Self.kept) }

  /// What was written last and is not already in ``head``.
  package var tail: ArraySlice<UInt8> { recent.suffix(Self.kept) }

  /// Bytes between ``head`` and ``tail`` that were not kept.
  package var dropped: Int { total - head.count - tail.count }

  package init() {}

  mutating func append(_ chunk: ArraySlice<UInt8>) {
    let (needed, rest) = (Self.kept + Self.margin, chunk.dropFirst(Self.kept - head.count))
    total += chunk.count
    front += chunk.prefix(needed - front.count)
    if rest.count >= needed {
      recent = Array(rest.suffix(needed))
      return
    }
    recent += rest
    if recent.count > 2 * needed { recent.removeFirst(recent.count - needed) }
  }

  /// Both ends as text without secrets, with a line that tells how much is missing between. Bytes that are no UTF-8 become
  /// U+FFFD; a character that the gap cuts in two belongs to the gap.
  package func text(_ redactor: Redactor) -> String {
    guard dropped > 0 else {
      let all = Array(head + tail)
      return redactor.redact(0..<all.count, of: all)
    }
    let shownHead = UTF8Cut.end(in: head)
    let end = back
    let shownTail = tail.count - UTF8Cut.strayStart(of: tail)
    let separator = head.prefix(shownHead).last == UInt8(ascii: "\n") ? "" : "\n"
    return redactor.redact(0..<shownHead, of: front) + separator
      + "[\(total - shownHead - shownTail) bytes left out]\n"
      + redactor.redact(end.count - shownTail..<end.count, of: end)
  }

  /// The first ``kept`` bytes without the line feeds at their end, as a shell's `$(…)` has it: data for other programs, in
  /// which nothing is struck out.
  package var substitution: String {
    let end = UTF8Cut.end(in: head)
    let text = head.prefix(end).reversed().drop { $0 == UInt8(ascii: "\n") }.reversed()
    return String(decoding: text, as: UTF8.self)
  }

  /// What was written last, with what stands before ``tail``.
  private var back: [UInt8] {
    let needed = Self.kept + Self.margin
    // While nothing was trimmed, head and recent are one piece.
    return Array(recent.count >= needed ? recent.suffix(needed) : (head + recent).suffix(needed))
  }
}
