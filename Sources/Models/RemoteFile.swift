internal import Transport
internal import WireTime

/// What a storage says of the file behind a link.
struct RemoteFile: Sendable, Equatable {
  /// Bytes of the whole file; nil where the server doesn't tell.
  var total: Int64?
  /// Another file, another word: the ETag, generation or time of change; nil where there is none.
  var validator: String?
  var digest: ExpectedDigest?

  init(total: Int64? = nil, validator: String? = nil, digest: ExpectedDigest? = nil) {
    self.total = total
    self.validator = validator
    self.digest = digest
  }

  /// - Parameter head: a 200, or a 206 with a part of the file.
  init(_ head: HTTPResponse) {
    if head.status == 206 {
      total = ContentRange(head)?.total
    } else {
      total = head.headers["Content-Length"].flatMap { WireNumber.bytes($0) }
    }
    validator = head.headers["ETag"] ?? head.headers["x-goog-generation"] ?? head.headers["Last-Modified"]
    digest = ExpectedDigest(head)
  }

  /// Whether what was begun of the other can be gone on with: nobody can tell where there is no validator.
  func isSame(as other: RemoteFile) -> Bool {
    validator != nil && isSamePart(of: other)
  }

  /// Whether this answer can be part of the other, which was begun just now.
  func isSamePart(of other: RemoteFile) -> Bool {
    validator == other.validator && total == other.total
  }
}

/// `Content-Range: bytes FIRST-LAST/TOTAL` (RFC 9110, section 14.4).
struct ContentRange: Equatable {
  let range: Range<Int64>
  /// Nil for `*`.
  let total: Int64?

  /// Nil when there is none that can be read, and for an unsatisfied one.
  init?(_ head: HTTPResponse) {
    guard let text = head.headers["Content-Range"], text.lowercased().hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { WireNumber.bytes($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else {
      return nil
    }
    range = first..<last + 1
    total = WireNumber.bytes(parts[1])
    if let total, total < range.upperBound { return nil }
  }
}
