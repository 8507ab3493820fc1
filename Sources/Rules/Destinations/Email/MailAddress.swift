/// A mailbox of mail (RFC 5322, section 3.4): `ops@example.com`, or `Some Name <ops@example.com>`.
struct MailAddress: Sendable, Equatable {
  /// Empty for none.
  let name: String
  let address: String

  var domain: String { String(address[address.index(after: address.lastIndex(of: "@") ?? address.startIndex)...]) }

  /// Nil unless the text is exactly one address.
  init?(_ text: String) {
    let text = text.trimmed
    guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return nil }
    if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
      name = String(text[..<open]).trimmed.trimmed(of: "\"")
      address = String(text[text.index(after: open)...].dropLast())
      guard !name.contains(where: { "<>\"".contains($0) }) else { return nil }
    } else {
      (name, address) = ("", text)
    }
    guard Self.isAddress(address) else { return nil }
  }

  /// Of ASCII, without quoted local parts: what servers everywhere take.
  private static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 254, (1...64).contains(parts[0].utf8.count) else { return false }
    let local = parts[0].utf8.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~.".utf8.contains($0) }
    let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
    return local
      && labels.allSatisfy { label in
        !label.isEmpty && !label.hasPrefix("-") && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 0x2D }
      }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}

extension String {
  fileprivate var trimmed: String { trimmed(of: " ") }

  fileprivate func trimmed(of character: Character) -> String {
    var text = self[...]
    while text.first == character { text = text.dropFirst() }
    while text.last == character { text = text.dropLast() }
    return String(text)
  }
}
