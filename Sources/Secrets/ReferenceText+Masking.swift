extension ReferenceText {
  /// True if it refers to a systemd credential.
  var namesCredential: Bool {
    parts.contains { if case .credential = $0 { true } else { false } }
  }

  /// The text in a form that may be kept and shown: references unchanged, and "•••" for secret literal parts.
  package func masked(as field: SecretField) -> String {
    switch field {
    case .endpoint, .plain: return source
    case .variable(let name) where !SecretField.isCredential(name: name) && !source.contains("://"): return source
    case .credential: return maskedLiterals { _ in "•••" }
    case .variable(let name) where SecretField.isCredential(name: name): return maskedLiterals { _ in "•••" }
    case .header(let name):
      // In other headers only the value of a reference is secret, including its default.
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
        // A default in the file is a literal as well.
        "${env:\(name)\(fallback.map { ":-\(defaults($0))" } ?? "")}"
      case .file(let path): "${file:\(path)}"
      case .credential(let name): "${credential:\(name)}"
      }
    }.joined()
  }
}
