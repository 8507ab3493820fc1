internal import JSONSource
internal import Secrets

/// What reading a field may need beside the object that it stands in: where mistakes are reported, and where references, time
/// zones and programs are looked up.
struct FieldContext {
  let diagnostics: DiagnosticList
  let secrets: SecretSource
  let zones: ZoneFinder
  var machine = Machine.unknown
  /// False: references are taken as they are, and looked up when they are used.
  var looksUp = true
  /// What templates can name where a field is read.
  var scope = TemplateScope.event

  /// What a text stands for; nil where references aren't looked up, and where one leads nowhere.
  func revealed(_ text: ReferenceText) -> String? {
    looksUp ? try? secrets.resolve(text).revealed : nil
  }

  func warnOfPlainSecret(_ text: ReferenceText, at node: JSONNode) {
    guard !text.hasReferences else { return }
    diagnostics.warning(
      at: node.range, "a secret stands in the file itself", hint: "write ${env:NAME} or ${file:/path} instead")
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
