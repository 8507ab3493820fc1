internal import JSONSource
internal import Secrets

/// A file of JSON lines on this machine, for log shippers and for trying rules.
struct File: Destination {
  static let type = "file"
  static let says =
    "A file on this machine: one line of JSON for each message, on the disk before it counts as delivered."

  var path = ReferenceText.nowhere

  init() {}

  static let fields: [Field<File>] = [
    Field(
      "path", .filePath, to: \.path, isRequired: true, example: #""/var/log/vi-notify/events.jsonl""#,
      "The file: absolute, or beginning with `~/`. It is made with mode 0600 where there is none; its directory must be there."
    )
  ]

  static let connection = ConnectionKind.local

  func check(_ object: ObjectReader, _ context: FieldContext) {
    guard let node = object["path"], let path = context.plain(path) else { return }
    let place = object.pathOf("path")
    if context.isTemplate(node, path: place, hint: "all messages go to one file") { return }
    if path.hasPrefix("~/") {
      guard context.machine.home == .missing else { return }
      context.diagnostics.error(
        at: node.range, "\(place) begins with ~, and HOME is not set",
        hint: "write a path that begins with /, or set HOME")
    } else if !path.hasPrefix("/") {
      context.diagnostics.error(
        at: node.range, "\(place) is no absolute path: \(path.prefix(60).debugDescription)",
        hint: "write a path that begins with / or ~/")
    } else if path.hasSuffix("/") {
      context.diagnostics.error(at: node.range, "\(place) names a directory", hint: "write the file's name behind it")
    }
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    var path = try secrets.text(path, as: .plain)
    if path.hasPrefix("~/") {
      path = try secrets.text(ReferenceText(environment: "HOME"), as: .plain) + path.dropFirst()
    }
    return { [path] in .append(FileLine(path: path, text: Self.onOneLine($0.body ?? $0.event))) }
  }

  /// In JSON a line break stands between tokens only: in a text it is escaped.
  private static func onOneLine(_ json: [UInt8]) -> [UInt8] {
    json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
  }

  func identity(_ secrets: SecretSource) -> [String] { [path.identity(secrets, as: .plain)] }

  /// No service answers: a system call succeeds or says why not.
  static let answers = AnswerTable([])
}

extension FieldType where Value == ReferenceText {
  /// The path of a file that is written, absolute or in the home directory.
  fileprivate static let filePath = FieldType.own([
    "type": .text("string"), "pattern": .text(#"^(/|~/|\$\{).*[^/]$"#), "not": .object(["pattern": .text(#"\{\{"#)]),
  ]) { node, path, context in context.reference(node, path: path, as: .plain) }
}
