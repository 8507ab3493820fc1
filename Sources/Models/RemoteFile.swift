internal import Transport
internal import WireTime

/// What a storage declares about the file behind a link.
struct RemoteFile: Sendable, Equatable {
  /// The length of the whole file; nil if not declared.
  var total: Int64?
  /// Identifies the file's version: ETag, generation or modification time; nil if not declared.
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

  /// Whether an earlier download of the other can resume; unknown, so false, without a validator.
  func isSame(as other: RemoteFile) -> Bool {
    validator != nil && isSamePart(of: other)
  }

  /// Whether this answer can be part of the other file, whose download has just begun.
  func isSamePart(of other: RemoteFile) -> Bool {
    validator == other.validator && total == other.total
  }
}

/// `Content-Range: bytes FIRST-LAST/TOTAL` (RFC 9110, section 14.4).
struct ContentRange: Equatable {
  let range: Range<Int64>
  /// Nil for `*`.
  let total: Int64?

  /// Nil if it is missing, malformed or unsatisfied.
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
