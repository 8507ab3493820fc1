internal import JSONSource
internal import Mustache

/// The event data as templates see it.
struct TemplateData {
  let document: JSONDocument
  let root: Any

  init(_ document: JSONDocument) {
    self.document = document
    root = ObjectView(node: document.root, document: document)
  }

  /// The bytes of the value at a path, as the API wrote them; nil when nothing is there.
  func raw(_ path: [String]) -> ArraySlice<UInt8>? {
    var node: JSONNode? = document.root
    for key in path { node = node?[key] }
    return node.map(document.raw)
  }

  /// What mustache gets for a value: absent, null and empty text are all nothing, so that `{{^message}}` means what it says.
  fileprivate static func view(_ node: JSONNode, _ document: JSONDocument) -> Any? {
    switch node.content {
    case .null, .invalid: nil
    case .bool(let value): value
    case .number(let text): TextView(renderText: text, isNumber: true)
    case .string(let text): text.isEmpty ? nil : TextView(renderText: text, isNumber: false)
    case .array(let elements): ListView(elements: elements, node: node, document: document)
    case .object: ObjectView(node: node, document: document)
    }
  }
}

/// An object: its members by name, and as a text its JSON.
private struct ObjectView: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
  let node: JSONNode
  let document: JSONDocument

  func child(named name: String) -> Any? {
    node[name].flatMap { TemplateData.view($0, document) }
  }

  var renderText: String { String(decoding: document.raw(node), as: UTF8.self) }
  var isNull: Bool { node.members?.isEmpty ?? true }

  /// Its text is JSON already.
  func transform(_ name: String) -> Any? { name == "json" ? self : nil }
}

/// A list: a section goes over its elements; as a text it is its JSON.
private struct ListView: MustacheSequence, MustacheCustomRenderable, MustacheTransformable {
  let elements: [JSONNode]
  let node: JSONNode
  let document: JSONDocument

  func makeIterator() -> AnyIterator<Any> {
    var rest = elements[...].makeIterator()
    return AnyIterator { rest.next().map { TemplateData.view($0, document) ?? "" } }
  }

  var renderText: String { String(decoding: document.raw(node), as: UTF8.self) }
  var isNull: Bool { false }

  func transform(_ name: String) -> Any? { name == "json" ? renderText : nil }
}
