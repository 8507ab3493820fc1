extension ReferenceText {
  /// A credential of systemd is named as one.
  var namesCredential: Bool {
    parts.contains { if case .credential = $0 { true } else { false } }
  }

  /// The text as it may be kept and shown: references as they are, and "•••" for what of the literal parts is secret.
  package func masked(as field: SecretField) -> String {
    switch field {
    case .endpoint, .plain: return source
    case .variable(let name) where !SecretField.isCredential(name: name) && !source.contains("://"): return source
    case .credential: return maskedLiterals { _ in "•••" }
    case .variable(let name) where SecretField.isCredential(name: name): return maskedLiterals { _ in "•••" }
    case .header(let name):
      // Of other headers only what a reference stands for is secret, and so its default.
      let isCredential = SecretField.isCredential(name: name)
      return maskedLiterals(isCredential ? { _ in "•••" } : { $0 }, defaults: { _ in "•••" })
    case .chatURL, .url, .variable:
      let wholePath = field == .chatURL || (field == .url && hasReferences)
      var isBehindHost = false
      return maskedLiterals { literal in
        defer { isBehindHost = true }
        return URLParts(literal).masked(wholePath: wholePath, isBehindHost: isBehindHost)
      }
    }
  }

  private func maskedLiterals(_ mask: (String) -> String) -> String {
    maskedLiterals(mask, defaults: mask)
  }

  private func maskedLiterals(_ mask: (String) -> String, defaults: (String) -> String) -> String {
    parts.map { part in
      switch part {
      case .literal(let text): mask(text).replacing("${", with: "$${")
      case .environment(let name, let fallback):
        // A default that stands in the file is a literal as well.
        "${env:\(name)\(fallback.map { ":-\(defaults($0))" } ?? "")}"
      case .file(let path): "${file:\(path)}"
      case .credential(let name): "${credential:\(name)}"
      }
    }.joined()
  }
}
