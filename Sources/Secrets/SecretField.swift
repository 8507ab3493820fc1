/// What a setting is, and so what of its value is secret.
///
/// # Secrets, from the rules file to the screen
///
/// **The field decides.** A value is secret because of the field that it stands in, never because it came by a reference:
/// `"env": {"STAGE": "${env:STAGE}"}` is an ordinary word. Secret are
/// - `secret` and `source.secretKey`, whole;
/// - headers whose name says credential (``isCredential(name:)``), without the scheme before it, and of other headers what
///   came by a reference;
/// - of a URL the password, the whole of path and query where the URL belongs to a chat or came by a reference, and
///   elsewhere those parts of path and query that look like a token;
/// - of a hook's `env` the variables whose name says credential, what `${credential:…}` names, and of URLs the parts above.
///
/// **What goes on is never changed.** A request, a hook's environment, `steps.ID.stdout` for the next step and the rows that
/// hold these carry every byte as it is: a hook that prints a credential for the next step has chosen to. Nothing secret that
/// only we know is among it, for rows hold references.
///
/// **What is kept to be read, or shown, is redacted** (``Redactor``): log lines, what a receiver answered, what a hook
/// printed as an attempt's row keeps it, the words of errors (`{{error}}` is one), `test`. It happens before anything is
/// cut, and finds a secret in each usual spelling (``SecretSpellings``).
///
/// **A rules file is not searched.** The copy that the state keeps has the literal parts of secret fields masked where they
/// stand (``ReferenceText/masked(as:)``): a word of a rule that happens to be a secret elsewhere stays.
///
/// **Short values** can't be struck out: a log without any `prod` in it hides nothing and can't be read. Below
/// ``Redactor/shortest`` characters `secret` and `secretKey` are refused, and other credentials are warned of.
package enum SecretField: Sendable, Equatable {
  /// Secret as a whole.
  case credential
  case header(name: String)
  /// Of a hook's environment.
  case variable(name: String)
  /// The address of a chat: who knows it can write there.
  case chatURL
  /// Of a receiver that has credentials of its own, or none.
  case url
  /// Of the API: only a password in it is secret.
  case endpoint
  /// A path, a name.
  case plain

  /// Whether a name, of a header or variable, says that its value is a credential.
  package static func isCredential(name: String) -> Bool {
    let name = name.lowercased()
    return parts.contains(where: name.contains)
      || name.split { !$0.isLetter }.contains { words.contains(String($0)) }
  }

  private static let parts = [
    "authorization", "cookie", "token", "secret", "key", "passw", "passphrase", "credential", "signature", "bearer",
  ]
  private static let words: Set<String> = ["auth", "pass", "pwd", "sig", "jwt", "dsn", "session", "pat"]

  /// Whether all of a value counts as one credential, whose length matters.
  package var isCredential: Bool {
    switch self {
    case .credential: true
    case .header(let name), .variable(let name): Self.isCredential(name: name)
    case .chatURL, .url, .endpoint, .plain: false
    }
  }

  /// The secret texts of a value; some may be too short to be struck out.
  ///
  /// - Parameters:
  ///   - value: the whole of it, with its references looked up.
  ///   - references: what each of the references in it stands for.
  ///   - text: as it was written.
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

  /// What prints a key of several lines, such as PEM, may print each by itself.
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
