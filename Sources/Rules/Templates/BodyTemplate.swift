internal import JSONSource

/// JSON of any shape whose string leaves may be templates. What is substituted becomes a value: it can't break the JSON.
struct BodyTemplate: Sendable {
  indirect enum Node: Sendable {
    /// JSON that stays as it is.
    case constant([UInt8])
    case text(TextTemplate)
    /// A leaf that is exactly one variable keeps the value's type; null when there is none. Where the destination has
    /// markup, only what can't hold any keeps it.
    case value([String], TextTemplate)
    case array([Node])
    case object([(key: String, value: Node)])
    /// An element or member that stands only where the data has something at this path.
    case when([String], Node)
    /// One that stands only where the text says something.
    case unlessEmpty(TextTemplate, Node)
  }

  private let root: Node

  /// An object with this text, and with members that stay as they are.
  ///
  /// - Parameter constants: JSON by name.
  static func message(_ name: String = "text", _ text: TextTemplate, with constants: [(String, String)] = [])
    -> BodyTemplate
  {
    BodyTemplate(
      root: .object([(key: name, value: .text(text))] + constants.map { ($0.0, .constant(Array($0.1.utf8))) }))
  }

  /// - Parameter template: makes a leaf's template, or reports why it can't and returns nil.
  init(_ node: JSONNode, template: (String, JSONNode) -> TextTemplate?) {
    root = Self.compile(node, template)
  }

  init(root: Node) {
    self.root = root
  }

  func render(_ data: TemplateData) -> [UInt8] {
    var json = JSONWriter()
    Self.write(root, data, into: &json)
    return json.bytes
  }

  private static func compile(_ node: JSONNode, _ template: (String, JSONNode) -> TextTemplate?) -> Node {
    var json = JSONWriter()
    switch node.content {
    case .array(let elements): return .array(elements.map { compile($0, template) })
    case .object(let members): return .object(members.map { ($0.key, compile($0.value, template)) })
    case .string(let text):
      guard text.contains("{{") || text.contains("${") else {
        json.string(text)
        return .constant(json.bytes)
      }
      guard let compiled = template(text, node) else { return .constant(Array("null".utf8)) }
      return compiled.wholeVariable.map { .value($0, compiled) } ?? .text(compiled)
    case .number(let text): return .constant(Array(text.utf8))
    case .bool(let value): return .constant(Array((value ? "true" : "false").utf8))
    case .null, .invalid: return .constant(Array("null".utf8))
    }
  }

  private static func write(_ node: Node, _ data: TemplateData, into json: inout JSONWriter) {
    switch node {
    case .constant(let bytes): json.raw(bytes)
    case .text(let template): json.string(template.render(data))
    case .value(let path, let template):
      let raw = data.raw(path) ?? Array("null".utf8)[...]
      let isText = raw.first.map { "\"{[".utf8.contains($0) } ?? false
      if isText, template.markup != .plain { json.string(template.render(data)) } else { json.raw(raw) }
    case .array(let elements): json.array(elements.filter { $0.stands(data) }) { write($1, data, into: &$0) }
    case .object(let members):
      json.object { json in
        for member in members where member.value.stands(data) {
          json.member(member.key) { write(member.value, data, into: &$0) }
        }
      }
    case .when(_, let node), .unlessEmpty(_, let node): write(node, data, into: &json)
    }
  }
}

extension BodyTemplate.Node {
  fileprivate func stands(_ data: TemplateData) -> Bool {
    switch self {
    case .when(let path, _): data.has(path)
    case .unlessEmpty(let template, _): !template.render(data).allSatisfy(\.isWhitespace)
    default: true
    }
  }
}
