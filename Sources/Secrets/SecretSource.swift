import Glibc

/// Resolves references, and registers the secret parts of the values with the redactor.
package struct SecretSource: Sendable {
  private let environment: [String: String]
  package let redactor: Redactor
  /// References are checked for their form and looked up nowhere: of another machine, nothing can be known.
  package let isFormOnly: Bool

  package init(environment: [String: String], redactor: Redactor = Redactor(), isFormOnly: Bool = false) {
    self.environment = environment
    self.redactor = redactor
    self.isFormOnly = isFormOnly
  }

  /// Returns the text with every reference replaced by its value, without one trailing newline. From then on, the parts that are
  /// secret in `field` are redacted. A missing or empty value is an error, never an empty string.
  package func resolve(_ text: ReferenceText, as field: SecretField = .credential) throws(SecretError) -> Secret {
    var (value, references): (String, [String]) = ("", [])
    for part in text.parts {
      let found = try self.found(for: part)
      if case .literal = part {} else { references.append(found) }
      value += found
    }
    for secret in field.secrets(of: value, references: references, text) { redactor.add(secret) }
    return Secret(value)
  }

  /// The same for values that are not secret, such as a path.
  package func resolvePlain(_ text: ReferenceText, as field: SecretField = .plain) throws(SecretError) -> String {
    try resolve(text, as: field).revealed
  }

  func found(for part: ReferenceText.Part) throws(SecretError) -> String {
    switch part {
    case .literal(let text): return text
    case .environment(let name, _) where isFormOnly: throw .missingVariable(name)
    case .file(let path) where isFormOnly: throw .unreadableFile(path, "nobody looked")
    case .environment(let name, let fallback):
      let value = environment[name].map(Self.withoutFinalNewline) ?? ""
      if !value.isEmpty { return value }
      guard let fallback, !fallback.isEmpty else { throw .missingVariable(name) }
      return fallback
    case .file(let path): return try content(of: path)
    case .credential(let name):
      guard let directory = environment["CREDENTIALS_DIRECTORY"] else { throw .noCredentials(name) }
      return try content(of: directory + "/" + name)
    }
  }

  private static func withoutFinalNewline(_ text: String) -> String {
    text.last == "\n" || text.last == "\r\n" ? String(text.dropLast()) : text
  }

  private func content(of path: String) throws(SecretError) -> String {
    guard let file = fopen(path, "re") else { throw .unreadableFile(path, String(cString: strerror(errno))) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: SecretError.fileLimit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw .unreadableFile(path, String(cString: strerror(errno))) }
    guard count <= SecretError.fileLimit else { throw .unreadableFile(path, "it is larger than 64 KiB") }
    let text = Self.withoutFinalNewline(String(decoding: bytes[..<count], as: UTF8.self))
    guard !text.isEmpty else { throw .emptyFile(path) }
    return text
  }
}

/// A reference that can't be resolved. `description` is a clause that never holds a secret.
package enum SecretError: Error, Sendable, Equatable, CustomStringConvertible {
  case missingVariable(String)
  case noCredentials(String)
  case unreadableFile(String, String)
  case emptyFile(String)
  /// The origin of the value, and a clause that says what is wrong with it.
  case unsendable(String, String)

  static let fileLimit = 65_536

  package var description: String {
    switch self {
    case .missingVariable(let name): "the environment variable \(name) is not set"
    case .noCredentials(let name): "${credential:\(name)} needs a systemd service with LoadCredential="
    case .unreadableFile(let path, let why): "the secret file \(path) can't be read: \(why)"
    case .emptyFile(let path): "the secret file \(path) is empty"
    case .unsendable(let place, let problem): "\(place) \(problem)"
    }
  }

  package var hint: String {
    switch self {
    case .missingVariable(let name): "set it before the start: export \(name)=…"
    case .noCredentials(let name): "add LoadCredential=\(name):/path to the unit, or write ${env:…} or ${file:…}"
    case .unreadableFile(let path, _): "check with: ls -l \(path)"
    case .emptyFile(let path): "write the secret into \(path)"
    case .unsendable: "replace it: it can't be sent like this"
    }
  }
}
