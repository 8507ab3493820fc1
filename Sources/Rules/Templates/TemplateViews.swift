internal import JSONSource
internal import Mustache

/// Where the values of a template come from, and who reads them.
struct TemplateSource {
  let data: TemplateData
  /// Texts are cleaned for the eyes; see ``PlainText``.
  let isForPeople: Bool

  var document: JSONDocument { data.document }

  /// What mustache gets for a value: absent, null and empty text are all nothing, so that `{{^message}}` means what it says.
  func view(_ node: JSONNode) -> Any? {
    switch node.content {
    case .null, .invalid: return nil
    case .bool(let value): return BoolView(value: value)
    case .number(let text): return TextView(renderText: text, isNumber: true)
    case .string(let text):
      let shown = self.text(text)
      return shown.isEmpty ? nil : TextView(renderText: shown, isNumber: false)
    case .array(let elements): return ListView(elements: elements, node: node, source: self)
    case .object: return ObjectView(node, self)
    }
  }

  /// The same where something must stand: an empty text is one, and nothing is ``NothingView``.
  func anyView(_ node: JSONNode) -> Any {
    if let view = view(node) { return view }
    return node.string == nil ? NothingView() : TextView(renderText: "", isNumber: false)
  }

  func text(_ text: String) -> String {
    isForPeople ? PlainText.cleaned(text) : text
  }

  /// A container as a text is its JSON.
  func json(_ node: JSONNode) -> String {
    text(String(decoding: document.raw(node), as: UTF8.self))
  }
}

/// An object: its members by name, and as a text its JSON.
struct ObjectView: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
  private let node: JSONNode
  private let source: TemplateSource
  /// The library looks for a name in here last.
  private let isRoot: Bool

  init(_ node: JSONNode, _ source: TemplateSource, isRoot: Bool = false) {
    self.node = node
    self.source = source
    self.isRoot = isRoot
  }

  func child(named name: String) -> Any? {
    let name = TemplateName(encoded: name)
    guard let member = node[name.key] else {
      if isRoot, let text = source.data.computed(name.key) {
        return TextView(renderText: source.text(text), isNumber: false)
      }
      return name.mustExist(isRoot: isRoot) ? NothingView() : nil
    }
    guard name.demand != .none, !member.isNull || name.mustExist(isRoot: isRoot) else { return source.view(member) }
    return source.anyView(member)
  }

  var renderText: String { source.json(node) }
  var isNull: Bool { node.members?.isEmpty ?? true }

  func transform(_ name: String) -> Any? {
    switch name {
    case "json": TextView(renderText: renderText, isNumber: true)
    case "empty": isNull
    default: TextView(renderText: renderText, isNumber: false).transform(name)
    }
  }
}

/// A list: a section goes over its elements; as a text it is its JSON.
struct ListView: MustacheSequence, MustacheParent, MustacheCustomRenderable, MustacheTransformable {
  let elements: [JSONNode]
  let node: JSONNode
  let source: TemplateSource

  func makeIterator() -> AnyIterator<Any> {
    var rest = elements[...].makeIterator()
    return AnyIterator { rest.next().map { source.anyView($0) } }
  }

  func child(named name: String) -> Any? { NothingView.child(named: name) }

  var renderText: String { source.json(node) }
  var isNull: Bool { false }

  func transform(_ name: String) -> Any? {
    switch name {
    case "json": TextView(renderText: renderText, isNumber: true)
    case "empty": elements.isEmpty
    default: TextView(renderText: renderText, isNumber: false).transform(name)
    }
  }
}

/// True or false: a section stands only where it is true.
struct BoolView: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
  let value: Bool

  func child(named name: String) -> Any? { NothingView.child(named: name) }

  var renderText: String { value ? "true" : "false" }
  var isNull: Bool { !value }

  func transform(_ name: String) -> Any? {
    TextView(renderText: renderText, isNumber: true).transform(name)
  }
}

/// Stands where there is nothing and a helper still makes something of it: `json` makes null.
struct NothingView: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
  /// A member of what has none.
  static func child(named name: String) -> Any? {
    TemplateName(encoded: name).demand == .anywhere ? NothingView() : nil
  }

  func child(named name: String) -> Any? { Self.child(named: name) }

  var renderText: String { "" }
  var isNull: Bool { true }

  func transform(_ name: String) -> Any? {
    switch name {
    case "json": TextView(renderText: "null", isNumber: true)
    case "empty": true
    default: self
    }
  }
}
