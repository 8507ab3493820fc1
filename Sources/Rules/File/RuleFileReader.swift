internal import EventPatterns
internal import JSONSource
internal import Runs
internal import Secrets

/// Turns the tree of a rules file into a ``RuleFile``, section by section. What can't be read is reported and left out.
struct RuleFileReader {
  let context: FieldContext

  var diagnostics: DiagnosticList { context.diagnostics }

  func file(_ root: JSONNode) -> RuleFile? {
    var draft = FileDraft()
    guard let reader = Shape.file.read(root, path: "the rules file", context, into: &draft) else { return nil }
    let source = self.source(reader["source"])
    let watch = self.watch(reader["watch"])
    let destinations = self.destinations(reader["destinations"])
    let rules = self.rules(reader, destinations, WatchScope(runs: watch.runs))
    warnOfUnused(reader, rules)
    guard let source else { return nil }
    var file = RuleFile(
      source: source, watch: watch, destinations: destinations.values.sorted { $0.name < $1.name }, rules: rules)
    if let retention = draft.retention { file.retention = retention }
    if let takeOver = draft.takeOver { file.takeOver = takeOver }
    return file
  }

  func rulesAlone(_ root: JSONNode) -> [Rule] {
    guard let reader = ObjectReader(root, path: "the rules file", known: [], diagnostics) else { return [] }
    return rules(reader, destinations(reader["destinations"]), WatchScope(runs: watch(reader["watch"]).runs))
  }

  private func source(_ node: JSONNode?) -> SourceSettings? {
    var draft = SourceDraft()
    let reader = node.flatMap { Shape.source.read($0, path: "source", context, into: &draft) }
    /// Nil when it is there and couldn't be read.
    func setting(_ key: String, _ written: ReferenceText?, _ standard: ReferenceText) -> ReferenceText? {
      reader?[key] == nil ? standard : written
    }
    let standard = SourceSettings.standard
    if let written = draft.secretKey, let node = reader?["secretKey"] { context.warnOfPlainSecret(written, at: node) }
    if let written = draft.endpoint, let node = reader?["endpoint"] { context.checkEndpoint(written, at: node) }
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

  /// Told one by one; a file can hold 100,000.
  private static let maxUnused = 20

  /// Once everything else is right, for a name with a slip in it has been told already, and where a file is checked to be used.
  private func warnOfUnused(_ reader: ObjectReader, _ rules: [Rule]) {
    guard context.machine.home != .unknown, !diagnostics.hasErrors else { return }
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
    guard context.looksUp else { return }
    do throws(SecretError) {
      for warning in try context.secrets.sendable(text, as: field).warnings {
        diagnostics.warning(at: range, "\(path): \(warning)", hint: "remove it there")
      }
    } catch {
      guard case .unsendable = error else { return }
      diagnostics.error(at: range, "\(path): \(error)", hint: error.hint)
    }
  }

  private func watch(_ node: JSONNode?) -> WatchSettings {
    var draft = WatchDraft()
    guard let node, Shape.watch.read(node, path: "watch", context, into: &draft) != nil else { return draft.settings }
    draft.settings.match = draft.match.flatMap { filter($0, WatchScope(runs: draft.settings.runs)) }
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
      let surroundings = RuleContext(
        fields: context, destinations: destinations, writtenDestinations: written, destinationNames: names,
        path: "rules[\(index)]")
      let rule = RuleReader(rule: surroundings, scope: scope).rule(node)
      if let rule, !seen.insert(rule.name).inserted, let name = node["name"] {
        diagnostics.error(
          at: name.range, "a rule named \(rule.name.prefix(100).debugDescription) stands in this file already")
      }
      return rule
    }
  }
}
