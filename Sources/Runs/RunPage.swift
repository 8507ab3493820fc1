internal import JSONSource

/// One page of a list: the ranges of its items, and the token of the next page. Items are not parsed here.
package struct RunPage: Sendable {
  package let bytes: [UInt8]
  /// Byte ranges of the items in `bytes`.
  package let items: [Range<Int>]
  /// Nil on the last page, for which the API sends an absent, null or empty token.
  package let nextPage: String?

  /// Servers send a hundred or a thousand items per page. An item takes two words here, and as little as two bytes of text.
  private static let maxItems = 20_000

  /// Returns the length of the item at the beginning of the bytes if it is known, else nil.
  package typealias Recognise = (UnsafeRawBufferPointer) -> Int?

  /// Nil if the answer isn't a page: not JSON, truncated, or another kind of object. `{}` is an empty page.
  ///
  /// - Parameter recognise: asked at the beginning of each item; a known item isn't scanned for its end.
  package init?(_ bytes: [UInt8], recognise: Recognise = { _ in nil }) {
    guard let parts = Self.scan(bytes, recognise) else { return nil }
    self.bytes = bytes
    items = parts.items ?? []
    nextPage = parts.nextPage.flatMap { $0.isEmpty ? nil : $0 }
    // `{"message": …}` with status 200 comes from some proxy; reading it as an empty page would end every run.
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
