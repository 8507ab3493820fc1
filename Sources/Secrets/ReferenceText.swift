/// A text that may refer to secrets: `Bearer ${env:TOKEN}`. It holds the references, never their values.
///
/// References are `${env:NAME}`, `${env:NAME:-default}`, `${file:/path}` and `${credential:name}` (systemd); `$${` is a
/// plain `${`.
package struct ReferenceText: Sendable, Equatable {
  package enum Part: Sendable, Equatable {
    case literal(String)
    case environment(name: String, fallback: String?)
    case file(path: String)
    case credential(name: String)
  }

  package let parts: [Part]
  /// The text as the user wrote it.
  package let source: String

  package var hasReferences: Bool {
    parts.contains { if case .literal = $0 { false } else { true } }
  }

  /// `${env:NAME}`, or `${env:NAME:-fallback}`.
  package init(environment name: String, fallback: String? = nil) {
    source = "${env:\(name)\(fallback.map { ":-\($0)" } ?? "")}"
    parts = [.environment(name: name, fallback: fallback)]
  }

  package init(_ source: String) throws(ReferenceSyntaxError) {
    self.source = source
    var parts: [Part] = []
    var rest = source[...]
    while let mark = rest.firstRange(of: "${") {
      let before = rest[..<mark.lowerBound]
      if before.last == "$" {
        parts.append(.literal(before.dropLast() + "${"))
        rest = rest[mark.upperBound...]
        continue
      }
      if !before.isEmpty { parts.append(.literal(String(before))) }
      guard let end = rest[mark.upperBound...].firstIndex(of: "}") else {
        throw ReferenceSyntaxError("\"${\" is never closed", hint: "close it with }, or write $${ for a plain ${")
      }
      parts.append(try Self.part(rest[mark.upperBound..<end]))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { parts.append(.literal(String(rest))) }
    self.parts = parts
  }

  private static func part(_ text: Substring) throws(ReferenceSyntaxError) -> Part {
    let scheme = text.prefix { $0 != ":" }
    let value = text.dropFirst(scheme.count + 1)
    switch scheme {
    case "env":
      guard let mark = value.firstRange(of: ":-") else { return try environment(value, fallback: nil) }
      return try environment(value[..<mark.lowerBound], fallback: String(value[mark.upperBound...]))
    case "file" where value.hasPrefix("/"): return .file(path: String(value))
    case "file":
      throw ReferenceSyntaxError("\"${\(text)}\" must name an absolute path", hint: "write ${file:/path/of/the/file}")
    case "credential" where !value.isEmpty && !value.contains("/"): return .credential(name: String(value))
    default:
      throw ReferenceSyntaxError(
        "\"${\(text.prefix(60))}\" isn't a reference", hint: "write ${env:NAME}, ${file:/path} or ${credential:name}")
    }
  }

  private static func environment(_ name: Substring, fallback: String?) throws(ReferenceSyntaxError) -> Part {
    let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }
    guard isName else {
      throw ReferenceSyntaxError(
        "\"${env:\(name.prefix(60))}\" doesn't name an environment variable",
        hint: "write ${env:NAME} or ${env:NAME:-default}"
      )
    }
    return .environment(name: String(name), fallback: fallback)
  }
}

/// A reference that can't be parsed. `description` is a clause.
package struct ReferenceSyntaxError: Error, Sendable, CustomStringConvertible {
  package let description: String
  package let hint: String

  init(_ description: String, hint: String) {
    self.description = description
    self.hint = hint
  }
}
