internal import JSONSource

/// One page of a list: where its items stand, and the token of the next page. No item is parsed here.
package struct RunPage: Sendable {
  package let bytes: [UInt8]
  /// Byte ranges of the items in `bytes`.
  package let items: [Range<Int>]
  /// Nil on the last page, which the API says by an absent, null or empty token.
  package let nextPage: String?

  /// Servers give a hundred or a thousand on a page; each takes two words here, and two bytes of text can make one.
  private static let maxItems = 20_000

  /// The length of the item that the bytes begin with, where they are known; else nil.
  package typealias Recognise = (UnsafeRawBufferPointer) -> Int?

  /// Nil when the answer is no page: no JSON, cut short, or an object of another kind. `{}` is an empty page.
  ///
  /// - Parameter recognise: asked at the beginning of each item; where it knows it, nobody looks for the item's end.
  package init?(_ bytes: [UInt8], recognise: Recognise = { _ in nil }) {
    guard let parts = Self.scan(bytes, recognise) else { return nil }
    self.bytes = bytes
    items = parts.items ?? []
    nextPage = parts.nextPage.flatMap { $0.isEmpty ? nil : $0 }
    // `{"message": …}` with status 200 is some proxy speaking: taken for an empty page it would end every run.
    if parts.items == nil, !parts.isEmpty { return nil }
  }

  private struct Parts {
    var items: [Range<Int>]?
    var nextPage: String?
    var isEmpty = true
  }

  private static func scan(_ bytes: [UInt8], _ recognise: Recognise) -> Parts? {
    bytes.withUnsafeBytes { base in
      var parts = Parts()
      var scanner = JSONScanner(base)
      let isWhole = scanner.object { key, scanner in
        parts.isEmpty = false
        if base[key].elementsEqual("items".utf8) {
          guard scanner.next() == UInt8(ascii: "[") else { return isNull(scanner.skip(), base) }
          parts.items = []
          return scanner.array { scanner in
            guard let item = item(&scanner, base, recognise), parts.items?.count ?? 0 < maxItems else { return false }
            parts.items?.append(item)
            return true
          }
        }
        guard let value = scanner.skip() else { return false }
        guard base[key].elementsEqual("nextPage".utf8) else { return true }
        let token = try? JSONDocument(parsing: Array(base[value]), maximumValues: 1).root
        parts.nextPage = token?.string
        return token?.string != nil || token?.isNull == true
      }
      return isWhole && scanner.isAtEnd() ? parts : nil
    }
  }

  private static func item(
    _ scanner: inout JSONScanner, _ base: UnsafeRawBufferPointer, _ recognise: Recognise
  ) -> Range<Int>? {
    guard scanner.next() != nil else { return nil }
    if let length = recognise(UnsafeRawBufferPointer(rebasing: base[scanner.position...])) {
      return scanner.skip(known: length)
    }
    return scanner.skip()
  }

  private static func isNull(_ value: Range<Int>?, _ base: UnsafeRawBufferPointer) -> Bool {
    value.map { base[$0].elementsEqual("null".utf8) } ?? false
  }
}
