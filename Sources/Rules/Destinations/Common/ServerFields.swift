internal import HTTPSyntax
internal import JSONSource
internal import Secrets

extension FieldType where Value == ReferenceText {
  /// The address of a server that doesn't speak HTTP.
  ///
  /// - Parameter ports: the schemes that it may have, each with the port where none is written.
  static func server(_ ports: [String: Int]) -> FieldType {
    let schemes = ports.keys.sorted()
    let pattern = "^((\(schemes.joined(separator: "|")))://[^@/?#{]+/?$|.*[$][{])"
    return .own(["type": .text("string"), "pattern": .text(pattern), "not": .object(["pattern": .text(#"\{\{"#)])]) {
      node, path, context in
      if let text = context.unresolved(node, as: .endpoint) { return text }
      guard let (text, value) = context.resolved(node, path: path, as: .endpoint),
        !context.isTemplate(node, path: path, hint: "write what changes from run to run into the message")
      else { return nil }
      guard context.looksUp else { return text }
      do throws(ServerAddressProblem) {
        _ = try ServerAddress(value.revealed, ports: ports)
        return text
      } catch {
        let problem =
          error == .scheme ? "does not begin with \(schemes.map { "\($0)://" }.joined(separator: " or "))" : "\(error)"
        context.diagnostics.error(
          at: node.range, "\(path) \(problem)",
          hint: "one looks like \(schemes[0])://host.example.com:\(ports[schemes[0]] ?? 0)")
        return nil
      }
    }
  }
}

extension ReferenceText {
  /// The address of a server as a URL of HTTP, by which it can be judged where it leads; nil where it has no scheme before its
  /// first reference.
  var asWebAddress: ReferenceText? {
    guard let mark = source.firstRange(of: "://") else { return nil }
    return try? ReferenceText("http://\(source[mark.upperBound...])")
  }
}

extension FieldContext {
  /// What a text stands for that is no secret; nil where references aren't looked up, and where one leads nowhere.
  func plain(_ text: ReferenceText, as field: SecretField = .plain) -> String? {
    looksUp ? try? secrets.resolvePlain(text, as: field) : nil
  }

  /// `user` and `password` stand beside each other.
  func checkAccount(_ object: ObjectReader) {
    for (written, missing) in [("user", "password"), ("password", "user")] {
      guard let node = object[written], object[missing] == nil, !diagnostics.isCut(object.node) else { continue }
      diagnostics.error(at: node.range, "\(object.pathOf(written)) needs \"\(missing)\" beside it")
    }
  }
}

extension FieldType where Value == [ReferenceText] {
  /// A text that may hold references, or a list of them.
  ///
  /// - Parameter secrecy: how much of each is a secret.
  static func references(as secrecy: SecretField) -> FieldType {
    FieldType(schema: [
      "type": .list([.text("string"), .text("array")]), "minLength": .number(1), "minItems": .number(1),
      "items": .object(["$ref": .text("#/$defs/filled")]),
    ]) { object, key, context in
      let texts = object.list(key).map { context.reference($0, path: object.pathOf(key), as: secrecy) }
      return texts.contains { $0 == nil } || texts.isEmpty ? nil : texts.compactMap(\.self)
    }
  }
}
