/// How long the text at one place of a message may be.
struct TextLimit: Sendable, Equatable {
  let max: Int
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
  /// - Parameter max: where less than ``max`` is left for it.
  func fit(_ text: String, max: Int? = nil) -> String {
    let max = min(self.max, max ?? self.max)
    // No unit counts more than there are bytes.
    guard text.utf8.count > max, unit.exceeds(max, text) else { return text }
    let cut = beginning(of: text, max: max - unit.count(Self.ellipsis))
    var (beginning, closing) = (cut, closing(of: cut))
    // A shorter beginning may have more left open, and so again less room; two rounds are enough for a fence, and tags are few.
    for _ in 0..<Self.maxRounds where unit.count(beginning + Self.ellipsis + closing) > max {
      beginning = self.beginning(of: text, max: Swift.max(0, max - unit.count(Self.ellipsis + closing)))
      closing = self.closing(of: beginning)
    }
    return beginning + Self.ellipsis + closing
  }

  private static let maxRounds = 4

  /// What ends that a cut has left open.
  private func closing(of text: Substring) -> String {
    (markup.wholes.contains(.codeFence) && hasOpenFence(text) ? Self.fenceEnd : "")
      + (markup.wholes.contains(.tag) ? openTags(in: text).reversed().map { "</\($0)>" }.joined() : "")
  }

  /// Names of the HTML elements that are open at the end, the outermost first.
  private func openTags(in text: Substring) -> [Substring] {
    var open: [Substring] = []
    var rest = text
    while let start = rest.utf8.firstIndex(of: UInt8(ascii: "<")),
      let end = rest[start...].utf8.firstIndex(of: UInt8(ascii: ">"))
    {
      let tag = rest[rest.utf8.index(after: start)..<end]
      let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber || $0 == "-" }
      if tag.hasPrefix("/") {
        if let last = open.lastIndex(of: name) { open.removeSubrange(last...) }
      } else if !name.isEmpty, !tag.hasSuffix("/"), name != "br" {
        open.append(name)
      }
      rest = rest[rest.utf8.index(after: end)...]
    }
    return open
  }

  private func beginning(of text: String, max: Int) -> Substring {
    let cut = unit.prefix(of: text, max: max)
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
    guard markup.wholes.contains(.angleLink) || markup.wholes.contains(.tag) else { return text }
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
