internal import Mustache

/// The notation of a destination's texts. What a run says is escaped for it, so that it stays plain text there.
struct Markup: Sendable, Equatable {
  /// A name for the library, and the identity: two markups of one name are the same.
  let name: String
  /// People read it, and not a program: what could do harm to their eyes is taken out of what a run says.
  let isForPeople: Bool
  /// What a cut must leave whole.
  let wholes: Set<Whole>

  enum Whole: Sendable {
    /// A block between two lines of three backticks, which must be closed.
    case codeFence
    /// `&amp;` and its like.
    case entity
    /// `<https://…|words>`.
    case angleLink
    /// `<b>` and its like, which must be closed.
    case tag
  }

  /// A text as it is. Programs read it.
  static let plain = Markup()

  private init() {
    (name, isForPeople, wholes) = ("TEXT", false, [])
  }

  /// - Parameters:
  ///   - name: capitals, unique among all markups.
  ///   - escape: makes of any text one that says the same in this notation and has no meaning beyond its words.
  init(_ name: String, wholes: Set<Whole> = [], escape: @escaping @Sendable (String) -> String) {
    self.name = name
    self.wholes = wholes
    isForPeople = true
    MustacheContentTypes.register(Escaping(escape: escape), named: name)
  }

  /// swift-mustache finds an escaping by a registered name, which a template asks for in its first tag.
  var pragma: String { "{{% CONTENT_TYPE:\(name)}}" }

  static func == (one: Markup, other: Markup) -> Bool { one.name == other.name }

  private struct Escaping: MustacheContentType {
    let escape: @Sendable (String) -> String

    func escapeText(_ text: String) -> String { escape(text) }
  }
}

extension String {
  /// With some bytes replaced. Byte by byte: with an accent or a variation selector behind it `<` is another character, and
  /// still the service's.
  ///
  /// - Parameter replacements: of ASCII characters.
  func replacing(_ replacements: [UInt8: String]) -> String {
    guard utf8.contains(where: { replacements[$0] != nil }) else { return self }
    var bytes: [UInt8] = []
    for byte in utf8 {
      if let replacement = replacements[byte] { bytes += replacement.utf8 } else { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
