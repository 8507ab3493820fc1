/// The kind of a setting, which determines what part of its value is secret.
///
/// # Secrets, from the rules file to the screen
///
/// This module resolves references such as `${env:TOKEN}` (``ReferenceText``, ``SecretSource``) and redacts their values from
/// text (``Redactor``). It reads environment variables and files; it never writes, logs or sends a value.
///
/// **The field decides.** A value is secret because of its field, not because it came from a reference:
/// `"env": {"STAGE": "${env:STAGE}"}` is ordinary text. These are secret:
/// - `secret` and `source.secretKey`, entirely;
/// - headers whose name suggests a credential (``isCredential(name:)``), without the scheme before it, and in other headers
///   the values of references;
/// - in a URL the password; the whole path and query if the URL belongs to a chat or came from a reference, otherwise the
///   parts of path and query that look like a token;
/// - in a hook's `env`, variables whose name suggests a credential, the values of `${credential:…}`, and of URLs the parts above.
///
/// **Data that is passed on is never changed.** A request, a hook's environment, `steps.ID.stdout` for the next step and the
/// rows that hold them keep every byte: a hook that prints a credential for the next step does so on purpose. They contain no
/// secret of the rules file, because rows hold references.
///
/// **Text that is kept for reading, or shown, is redacted** (``Redactor``): log lines, a receiver's response, a hook's output
/// in the row of an attempt, error messages (`{{error}}` is one), `test`. Redaction happens before anything is cut, and finds
/// a secret in each usual spelling (``SecretSpellings``).
///
/// **Rules files are not searched.** The copy in the state has the literal parts of secret fields masked in place
/// (``ReferenceText/masked(as:)``): a word of a rule that happens to be a secret elsewhere stays.
///
/// **Short values** can't be redacted: a log with every `prod` removed hides nothing and can't be read. `secret` and
/// `secretKey` shorter than ``Redactor/shortest`` characters are refused; other credentials that short cause a warning.
///
/// Begin reading at ``SecretSource/resolve(_:as:)``.
package enum SecretField: Sendable, Equatable {
  /// Entirely secret.
  case credential
  case header(name: String)
  /// A variable of a hook's environment.
  case variable(name: String)
  /// The address of a chat: anyone who knows it can post there.
  case chatURL
  /// The address of a receiver that authenticates by other means, or not at all.
  case url
  /// The address of the API: only a password in it is secret.
  case endpoint
  /// A path or a name.
  case plain

  /// Whether the name of a header or variable suggests that its value is a credential.
  package static func isCredential(name: String) -> Bool {
    let name = name.lowercased()
    return parts.contains(where: name.contains)
      || name.split { !$0.isLetter }.contains { words.contains(String($0)) }
  }

  private static let parts = [
    "authorization", "cookie", "token", "secret", "key", "passw", "passphrase", "credential", "signature", "bearer",
  ]
  private static let words: Set<String> = ["auth", "pass", "pwd", "sig", "jwt", "dsn", "session", "pat"]

  /// Whether the whole value is one credential, so that its length matters.
  package var isCredential: Bool {
    switch self {
    case .credential: true
    case .header(let name), .variable(let name): Self.isCredential(name: name)
    case .chatURL, .url, .endpoint, .plain: false
    }
  }

  /// The secret texts of a value; some may be too short to redact.
  ///
  /// - Parameters:
  ///   - value: the whole value, with references resolved.
  ///   - references: the value of each reference.
  ///   - text: as the user wrote it.
  func secrets(of value: String, references: [String], _ text: ReferenceText) -> [String] {
    switch self {
    case .credential: Self.credential(value)
    case .header(let name) where Self.isCredential(name: name): Self.header(name, value) + references
    case .header: references
    case .variable(let name) where Self.isCredential(name: name): Self.credential(value) + URLParts(value).secrets()
    case .variable: (text.namesCredential ? Self.credential(value) : []) + URLParts(value).secrets()
    case .chatURL: URLParts(value).secrets(wholePath: true)
    case .url: URLParts(value).secrets(wholePath: text.hasReferences)
    case .endpoint: URLParts(value).passwords
    case .plain: []
    }
  }

  /// A program that prints a key of several lines, such as PEM, may print each line separately.
  private static func credential(_ value: String) -> [String] {
    let lines = value.split(whereSeparator: \.isNewline)
    let long = lines.count < 2 ? [] : lines.filter { $0.utf8.count >= 16 && !$0.hasPrefix("-----") }
    let bare = ["whsec_", "whsk_"].first(where: value.hasPrefix).map { value.dropFirst($0.count) }
    return ([value[...]] + long + (bare.map { [$0] } ?? [])).map(String.init)
  }

  private static func header(_ name: String, _ value: String) -> [String] {
    let name = name.lowercased()
    if name.hasSuffix("cookie") {
      return [value] + value.split(separator: ";").map { String($0.drop { $0 != "=" }.dropFirst()) }
    }
    guard let space = value.firstIndex(of: " ") else { return [value] }
    let rest = String(value[value.index(after: space)...])
    guard name.hasSuffix("authorization") else { return [value] }
    guard value[..<space].lowercased() == "basic", let plain = Base64.text(rest) else { return [rest] }
    return [rest, plain] + (plain.firstIndex(of: ":").map { [String(plain[plain.index(after: $0)...])] } ?? [])
  }
}
