internal import JSONSource
internal import Mustache

/// The event data as templates see it.
struct TemplateData {
  let document: JSONDocument
  private var computed: ComputedFields?

  /// - Parameter link: where people look at a run; nil: nothing is computed.
  init(_ document: JSONDocument, link: RunLink?) {
    self.document = document
    computed = link.map { ComputedFields(link: $0) }
  }

  /// The same, for a message that tells of events that were held back.
  func with(suppressed count: Int) -> TemplateData {
    var data = self
    data.computed?.suppressed = count
    return data
  }

  var suppressed: Int { computed?.suppressed ?? 0 }

  /// What is computed beside the data; nil: nothing has this name, or there is nothing to say.
  func computed(_ name: String) -> String? { computed?.text(name, of: self) }

  /// What mustache looks names up in.
  func root(for markup: Markup) -> Any {
    ObjectView(document.root, TemplateSource(data: self, isForPeople: markup.isForPeople), isRoot: true)
  }

  /// The bytes of the value at a path, as the API wrote them; nil when nothing is there.
  func raw(_ path: [String]) -> ArraySlice<UInt8>? {
    var node: JSONNode? = document.root
    for key in path { node = node?[key] }
    if let node { return document.raw(node) }
    guard path.count == 1, let text = computed(path[0]) else { return nil }
    var json = JSONWriter()
    json.string(text)
    return json.bytes[...]
  }

  /// The values at several paths as one text: equal for events that have the same values there.
  func key(at paths: [[String]]) -> String {
    paths.map { path in raw(path).map { String(decoding: $0, as: UTF8.self) } ?? "null" }.joined(separator: "\n")
  }

  /// Whether there is anything at a path: null, false and an empty text are nothing.
  func has(_ path: [String]) -> Bool {
    guard let raw = raw(path) else { return false }
    return !["null", "false", "\"\""].contains { $0.utf8.elementsEqual(raw) }
  }
}

extension JSONDocument {
  static let empty = JSONDocument(bytes: Array("{}".utf8), root: JSONNode(.object([]), at: 0..<2))
}
