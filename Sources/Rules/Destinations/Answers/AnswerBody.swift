internal import JSONSource

/// The body of an answer, as the rows of an ``AnswerTable`` look at it. Nothing of it is read before a row asks.
struct AnswerBody {
  /// Longer texts are no word.
  private static let maxWord = 100

  private let bytes: ArraySlice<UInt8>
  private let isWhole: Bool

  init(_ response: ServiceAnswer) {
    let text = response.body.drop { $0 <= 0x20 }
    bytes = text[..<(text.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? text.startIndex)]
    isWhole = response.isWhole
  }

  func fits(_ wanted: AnswerTable.Body) -> Bool {
    switch wanted {
    case .any: true
    case .empty: bytes.isEmpty && isWhole
    case .word(let words): word.map { words.contains($0.lowercased()) } ?? false
    case .members(let members):
      members.contains { wanted in
        object.flatMap { document in
          document.root[wanted.name].map { document.raw($0).elementsEqual(wanted.value.utf8) }
        }
          ?? false
      }
    case .phrase(let words): words.contains(where: contains)
    case .page: bytes.first == UInt8(ascii: "<")
    case .broken: !isWhole
    }
  }

  /// The one word that it is, or that it names as its error.
  var word: String? {
    if bytes.first == UInt8(ascii: "{") { return object?.root["error"]?.string }
    guard bytes.count <= Self.maxWord else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What the first of these members says: names with dots between them, `errors.0.message` for an element of a list.
  func text(at places: [String]) -> String? {
    guard !places.isEmpty, let root = object?.root else { return nil }
    for place in places {
      var node: JSONNode? = root
      for key in place.split(separator: ".") {
        node =
          Int(key).map { index in node?.elements.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
          ?? node?[String(key)]
      }
      if let text = node?.string, !text.isEmpty { return String(text.prefix(300)) }
    }
    return nil
  }

  private func contains(_ phrase: String) -> Bool {
    String(decoding: bytes.prefix(Self.maxSearched), as: UTF8.self).lowercased().contains(phrase.lowercased())
  }

  private static let maxSearched = 4_096

  private var object: JSONDocument? {
    bytes.first == UInt8(ascii: "{") ? try? JSONDocument(parsing: Array(bytes)) : nil
  }
}
