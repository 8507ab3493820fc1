/// How long the text at one place of a message may be.
struct TextLimit: Sendable, Equatable {
  let most: Int
  let unit: LimitUnit
  /// What a cut must leave whole.
  let markup: Markup
  /// The service refuses an empty text here.
  var isRequired = false

  /// Fills a place where a service requires a text and the message has none.
  static let nothing = "–"
  private static let ellipsis = "…"
  private static let fence = "```"
  private static let fenceEnd = "\n```"

  /// The text as it is where it fits, else its beginning with an ellipsis.
  ///
  /// - Parameter most: where less than ``most`` is left for it.
  func fit(_ text: String, most: Int? = nil) -> String {
    let most = min(self.most, most ?? self.most)
    // No unit counts more than there are bytes.
    guard text.utf8.count > most, unit.exceeds(most, text) else { return text }
    let cut = beginning(of: text, most: most - unit.count(Self.ellipsis))
    guard markup.wholes.contains(.codeFence), hasOpenFence(cut) else { return cut + Self.ellipsis }
    let shorter = beginning(of: text, most: most - unit.count(Self.ellipsis + Self.fenceEnd))
    return shorter + Self.ellipsis + (hasOpenFence(shorter) ? Self.fenceEnd : "")
  }

  private func beginning(of text: String, most: Int) -> Substring {
    let cut = unit.prefix(of: text, most: most)
    return !markup.wholes.isEmpty && cut.endIndex < text.endIndex ? withoutTornMarkup(cut) : cut
  }

  /// What a run says has its `&`, `<` and `>` escaped: those that are left are the markup of the rule's author.
  private func withoutTornMarkup(_ beginning: Substring) -> Substring {
    var text = beginning
    let rest = beginning.base[beginning.endIndex...]
    let end = text.utf8.suffix(Self.maxEscape)
    if markup.wholes.contains(.entity), let amp = end.lastIndex(of: UInt8(ascii: "&")),
      !end[amp...].contains(UInt8(ascii: ";"))
    {
      text = text[..<amp]
    }
    let ticks = text.utf8.reversed().prefix { $0 == UInt8(ascii: "`") }.count
    if markup.wholes.contains(.codeFence), rest.utf8.first == UInt8(ascii: "`") { text = text.dropLast(ticks) }
    guard markup.wholes.contains(.angleLink) else { return text }
    let isBracket = { (byte: UInt8) in byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") }
    let open = text.utf8.suffix(Self.maxLink).lastIndex(where: isBracket)
    let close = rest.utf8.prefix(Self.maxLink).first(where: isBracket)
    if let open, text.utf8[open] == UInt8(ascii: "<"), close == UInt8(ascii: ">") { text = text[..<open] }
    return text
  }

  /// `&quot` without its semicolon.
  private static let maxEscape = 5
  /// Bytes of `<https://…|words>` to either side of a cut.
  private static let maxLink = 3_000

  /// Byte by byte: a search by characters takes longer than all the rest.
  private func hasOpenFence(_ text: Substring) -> Bool {
    var (fences, ticks) = (0, 0)
    for byte in text.utf8 {
      ticks = byte == UInt8(ascii: "`") ? ticks + 1 : 0
      if ticks == Self.fence.utf8.count { (fences, ticks) = (fences + 1, 0) }
    }
    return fences % 2 == 1
  }
}
