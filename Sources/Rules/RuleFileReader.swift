internal import EventPatterns
internal import JSONSource
internal import Runs
internal import Secrets

/// Turns the tree of a rules file into a ``RuleFile``, section by section. What can't be read is reported and left out.
struct RuleFileReader {
  let diagnostics: DiagnosticList
  let secrets: SecretSource
  let zones: ZoneFinder
  var machine = Machine.unknown
  /// False: references are taken as they are, and looked up when they are used.
  var looksUp = true
  /// What templates can name where a field is read.
  var scope = TemplateScope.event

  func file(_ root: JSONNode) -> RuleFile? {
    var draft = FileDraft()
    guard let reader = Shape.file.read(root, path: "the rules file", self, into: &draft) else { return nil }
    let source = self.source(reader["source"])
    let watch = self.watch(reader["watch"])
    let destinations = self.destinations(reader["destinations"])
    let rules = self.rules(reader, destinations, WatchScope(watch))
    warnOfUnused(reader, rules)
    guard let source else { return nil }
    var file = RuleFile(
      source: source, watch: watch, destinations: destinations.values.sorted { $0.name < $1.name }, rules: rules)
    if let retention = draft.retention { file.retention = retention }
    return file
  }

  func rulesAlone(_ root: JSONNode) -> [Rule] {
    guard let reader = ObjectReader(root, path: "the rules file", known: [], diagnostics) else { return [] }
    return rules(reader, destinations(reader["destinations"]), WatchScope(watch(reader["watch"])))
  }

  private func source(_ node: JSONNode?) -> SourceSettings? {
    var draft = SourceDraft()
    let reader = node.flatMap { Shape.source.read($0, path: "source", self, into: &draft) }
    /// Nil when it is there and couldn't be read.
    func setting(_ key: String, _ written: ReferenceText?, _ standard: ReferenceText) -> ReferenceText? {
      reader?[key] == nil ? standard : written
    }
    let standard = SourceSettings.standard
    if let written = draft.secretKey, let node = reader?["secretKey"] { warnOfPlainSecret(written, at: node) }
    if let written = draft.endpoint, let node = reader?["endpoint"] { checkEndpoint(written, at: node) }
    guard let secretKey = setting("secretKey", draft.secretKey, standard.secretKey),
      let endpoint = setting("endpoint", draft.endpoint, standard.endpoint),
      let organization = setting("organization", draft.organization, standard.organization)
    else { return nil }
    let place = node?.range ?? 0..<0
    checkSending(secretKey, as: .credential, at: reader?["secretKey"]?.range ?? place, "source.secretKey")
    checkSending(endpoint, as: .endpoint, at: reader?["endpoint"]?.range ?? place, "source.endpoint")
    checkSending(organization, as: .plain, at: reader?["organization"]?.range ?? place, "source.organization")
    var settings = SourceSettings(endpoint: endpoint, organization: organization, secretKey: secretKey, ca: draft.ca)
    if let link = draft.link { settings.link = link }
    return settings
  }

  /// What a text stands for; nil where references aren't looked up, and where one leads nowhere.
  func revealed(_ text: ReferenceText) -> String? {
    looksUp ? try? secrets.resolve(text).revealed : nil
  }

  func warnOfPlainSecret(_ text: ReferenceText, at node: JSONNode) {
    guard !text.hasReferences else { return }
    diagnostics.warning(
      at: node.range, "a secret stands in the file itself", hint: "write ${env:NAME} or ${file:/path} instead")
  }

  /// Told one by one; a file can hold 100,000.
  private static let maxUnused = 20

  /// Once everything else is right, for a name with a slip in it has been told already, and where a file is checked to be used.
  private func warnOfUnused(_ reader: ObjectReader, _ rules: [Rule]) {
    guard machine.home != .unknown, !diagnostics.hasErrors else { return }
    let used = rules.reduce(into: Set<String>()) { used, rule in
      for action in rule.actions { action.collectDestinations(into: &used) }
    }
    let unused = (reader["destinations"]?.members ?? []).filter { !used.contains($0.key) }
    if unused.count > Self.maxUnused {
      diagnostics.warning(
        at: unused[Self.maxUnused].keyRange,
        "no rule sends anything to \(unused.count - Self.maxUnused) more destinations")
    }
    for member in unused.prefix(Self.maxUnused) {
      diagnostics.warning(
        at: member.keyRange, "no rule sends anything to \(member.key.debugDescription)",
        hint: "name it in an action: {\"send\": \(member.key.debugDescription)}")
    }
  }

  /// What is missing is told elsewhere: the file can be right on a machine where nobody watches.
  private func checkSending(_ text: ReferenceText, as field: SecretField, at range: Range<Int>, _ path: String) {
    guard looksUp else { return }
    do throws(SecretError) {
      for warning in try secrets.sendable(text, as: field).warnings {
        diagnostics.warning(at: range, "\(path): \(warning)", hint: "remove it there")
      }
    } catch {
      guard case .unsendable = error else { return }
      diagnostics.error(at: range, "\(path): \(error)", hint: error.hint)
    }
  }

  private func watch(_ node: JSONNode?) -> WatchSettings {
    var draft = WatchDraft()
    guard let node, Shape.watch.read(node, path: "watch", self, into: &draft) != nil else { return draft.settings }
    draft.settings.match = draft.match.flatMap { filter($0, WatchScope(draft.settings)) }
    return draft.settings
  }

  private func filter(_ node: JSONNode, _ scope: WatchScope) -> RunFilter? {
    let phases = Set(Phase.allCases.map(\.rawValue))
    let check = PatternCheck(
      phases: phases, scope: scope, diagnostics: diagnostics, subject: "no run can ever be watched")
    guard let pattern = check.pattern(node) else { return nil }
    do throws(PatternSetError) {
      return try RunFilter(pattern)
    } catch {
      diagnostics.error(at: node.range, "watch.match: \(error.description)")
      return nil
    }
  }

  private func rules(
    _ reader: ObjectReader, _ destinations: [String: DestinationSettings], _ scope: WatchScope
  ) -> [Rule] {
    var seen: Set<String> = []
    let names = destinations.keys.sorted()
    let written = Set((reader["destinations"]?.members ?? []).map(\.key))
    return reader.elements("rules").enumerated().compactMap { index, node in
      let rules = RuleReader(
        file: self, destinations: destinations, writtenDestinations: written, destinationNames: names, scope: scope,
        path: "rules[\(index)]")
      let rule = rules.rule(node)
      if let rule, !seen.insert(rule.name).inserted, let name = node["name"] {
        diagnostics.error(
          at: name.range, "a rule named \(rule.name.prefix(100).debugDescription) stands in this file already")
      }
      return rule
    }
  }

  /// The string in a node; reported when it is another kind of value, or empty.
  func text(_ node: JSONNode, path: String) -> String? { diagnostics.text(node, path: path) }

  /// Parses a text with references and sees that they lead somewhere.
  func reference(_ node: JSONNode, path: String, as field: SecretField) -> ReferenceText? {
    guard looksUp else { return node.string.flatMap { try? ReferenceText($0) } }
    if let text = unresolved(node, as: field) { return text }
    return resolved(node, path: path, as: field)?.text
  }

  /// A text with references where their form alone is checked; nil: it is to be resolved.
  func unresolved(_ node: JSONNode, as field: SecretField) -> ReferenceText? {
    guard secrets.isFormOnly, let string = node.string, let text = try? ReferenceText(string), text.hasReferences else {
      return nil
    }
    let masked = text.masked(as: field)
    if masked != string { diagnostics.mask(node.range, with: masked) }
    return text
  }

  /// Like ``reference(_:path:as:)``, with what the text stands for.
  func resolved(_ node: JSONNode, path: String, as field: SecretField) -> (text: ReferenceText, value: Secret)? {
    guard let string = node.string, !string.isEmpty else {
      if case .invalid = node.content { return nil }
      diagnostics.error(at: node.range, "\(path) must be a string that is not empty")
      return nil
    }
    do {
      let text = try ReferenceText(string)
      let masked = text.masked(as: field)
      if masked != string { diagnostics.mask(node.range, with: masked) }
      let value = try secrets.resolve(text, as: field)
      return isLongEnough(value, node, path, field) ? (text, value) : nil
    } catch let error as ReferenceSyntaxError {
      if field != .plain { diagnostics.mask(node.range, with: "•••") }
      diagnostics.error(at: node.range, "\(path): \(error)", hint: error.hint)
    } catch let error as SecretError {
      diagnostics.error(at: node.range, "\(path): \(error)", hint: error.hint)
    } catch {
      diagnostics.error(at: node.range, "\(path): \(error)")
    }
    return nil
  }

  /// What is too short to be struck out of a log is said, and refused where nothing so short can be meant.
  private func isLongEnough(_ value: Secret, _ node: JSONNode, _ path: String, _ field: SecretField) -> Bool {
    guard field.isCredential, value.revealed.count < Redactor.shortest else { return true }
    let message = "\(path) is shorter than \(Redactor.shortest) characters"
    guard field != .credential else {
      diagnostics.error(at: node.range, message, hint: "check what it stands for: no key is that short")
      return false
    }
    diagnostics.warning(at: node.range, "\(message): it can't be kept out of logs", hint: "use a longer one")
    return true
  }
}
