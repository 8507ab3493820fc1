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

  private var object: JSONDocument? {
    bytes.first == UInt8(ascii: "{") ? try? JSONDocument(parsing: Array(bytes)) : nil
  }
}
