internal import JSONSource
internal import Mustache

/// The event data as templates see it.
struct TemplateData {
  let document: JSONDocument

  init(_ document: JSONDocument) {
    self.document = document
  }

  /// What mustache looks names up in.
  func root(for markup: Markup) -> Any {
    ObjectView(document.root, TemplateSource(document: document, isForPeople: markup.isForPeople), isRoot: true)
  }

  /// The bytes of the value at a path, as the API wrote them; nil when nothing is there.
  func raw(_ path: [String]) -> ArraySlice<UInt8>? {
    var node: JSONNode? = document.root
    for key in path { node = node?[key] }
    return node.map(document.raw)
  }
}
