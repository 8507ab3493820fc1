/// Values that are sent in a header or an address, where some characters are not allowed.
extension SecretSource {
  /// A value that can be sent, and how it was changed to be sendable.
  package struct Fit: Sendable {
    package let value: Secret
    /// A line for each part that had white space around it, which was trimmed.
    package let warnings: [String]
  }

  /// Like ``resolve(_:as:)``, but trims the white space around the value of a reference, such as the line ending of a foreign
  /// file. Throws ``SecretError/unsendable(_:_:)`` for characters that can't be sent or can't be intended.
  package func sendable(_ text: ReferenceText, as field: SecretField) throws(SecretError) -> Fit {
    let whole = try resolve(text, as: field)
    var (value, warnings) = ("", [String]())
    for part in text.parts {
      let found = try self.found(for: part)
      let trimmed = Self.trimmed(found)
      if trimmed.utf8.count != found.utf8.count, part.isReference {
        warnings.append("\(part.place) has white space around its value, which is trimmed")
      }
      guard !trimmed.isEmpty || !part.isReference else {
        throw .unsendable(part.place, "contains only white space")
      }
      if let problem = Self.problem(in: found, as: field) { throw .unsendable(part.place, problem) }
      value += part.isReference ? trimmed : found
    }
    // The key without its line break must be redacted as well, because that is what is sent.
    if value != whole.revealed {
      for secret in field.secrets(of: value, references: [], text) { redactor.add(secret) }
    }
    return Fit(value: Secret(value), warnings: warnings)
  }

  /// What can't be sent of a text with references, and where it comes from; nil if everything can.
  package func problem(sending text: ReferenceText, as field: SecretField) -> String? {
    for part in text.parts {
      guard let found = try? self.found(for: part), let problem = Self.problem(in: found, as: field, trims: false)
      else {
        continue
      }
      return "\(part.place) \(problem)"
    }
    return nil
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    " \t\r\n".unicodeScalars.contains(scalar)
  }

  private static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars.drop(while: isBlank)
    return String(String.UnicodeScalarView(scalars.reversed().drop(while: isBlank).reversed()))
  }

  /// A clause that gives a position, never the value: `has a carriage return at character 5`.
  private static func problem(in text: String, as field: SecretField, trims: Bool = true) -> String? {
    let scalars = Array(text.unicodeScalars)
    let begin = trims ? scalars.firstIndex { !isBlank($0) } ?? 0 : 0
    let end = trims ? (scalars.lastIndex { !isBlank($0) } ?? -1) + 1 : scalars.count
    guard begin < end, let place = (begin..<end).first(where: { !isFit(scalars[$0], field) }) else { return nil }
    return "has \(name(of: scalars[place])) at character \(place + 1)"
  }

  /// Keys and names of the API are printable ASCII; elsewhere only characters that would break the line are refused.
  private static func isFit(_ scalar: Unicode.Scalar, _ field: SecretField) -> Bool {
    switch field {
    case .header, .variable: scalar.value == 0x09 || (scalar.value >= 0x20 && scalar.value != 0x7F)
    case .credential, .plain, .endpoint, .url, .chatURL: scalar.value > 0x20 && scalar.value < 0x7F
    }
  }

  private static func name(of scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x00: "a null character"
    case 0x09: "a tab"
    case 0x0A: "a line feed"
    case 0x0D: "a carriage return"
    case 0x20: "a space"
    case 0xA0: "a no-break space"
    case 0xFEFF: "a byte order mark"
    case 0..<0x20, 0x7F..<0xA0: "a control character"
    default: "a character that is not ASCII"
    }
  }
}

extension ReferenceText.Part {
  fileprivate var isReference: Bool {
    if case .literal = self { false } else { true }
  }

  /// The origin of a value, as the subject of a clause.
  fileprivate var place: String {
    switch self {
    case .literal: "the text"
    case .environment(let name, _): "the environment variable \(name)"
    case .file(let path): "the secret file \(path)"
    case .credential(let name): "the credential \(name)"
    }
  }
}
