internal import WireTime

/// An answer while it arrives: it consumes header lines and decoded bytes, and says when it has enough. Pure.
struct ResponseBuffer {
  /// Why the answer takes no more bytes.
  enum Stop: Equatable {
    /// Cut on purpose: the requested part is there.
    case truncated
    case bodyTooLarge
    case headersTooLarge
    /// The request's sink takes no more bytes.
    case notTaken
  }

  static let maximumHeaderBytes = 256 * 1024

  private(set) var headers = HTTPHeaders()
  private(set) var body: [UInt8] = []
  private(set) var stop: Stop?

  private var limit: Int
  private var truncates: Bool
  private let errorLimit: Int
  private var isSuccess = false
  private var headerBytes = 0
  private var isInterim = false
  private var isSealed = false

  /// The empty line after the fields of the final answer has arrived.
  var isHeadComplete: Bool { isSealed && !isInterim }

  /// - Parameters:
  ///   - limit: the most bytes of the body to keep.
  ///   - truncates: cut a longer body there; otherwise it is too large.
  ///   - errorLimit: the most bytes to keep if the status isn't 2xx; such a body is always cut.
  init(limit: Int, truncates: Bool, errorLimit: Int = .max) {
    self.limit = max(0, limit)
    self.truncates = truncates
    self.errorLimit = max(0, errorLimit)
  }

  /// Consumes one header line with its line ending: a status line, a field, the empty line, or a trailer.
  ///
  /// - Returns: false to end the transfer; ``stop`` says why.
  mutating func take(headerLine bytes: UnsafeRawBufferPointer) -> Bool {
    headerBytes += bytes.count
    guard headerBytes <= Self.maximumHeaderBytes else {
      stop = .headersTooLarge
      return false
    }
    let line = trimmed(bytes[...])
    if isHeadComplete { return true }  // a trailer
    if line.starts(with: "HTTP/".utf8) {
      headers = HTTPHeaders()
      isSealed = false
      let kind = line.drop { $0 != 0x20 }.first { $0 != 0x20 }
      (isInterim, isSuccess) = (kind == UInt8(ascii: "1"), kind == UInt8(ascii: "2"))
    } else if line.isEmpty {
      isSealed = true
      if isHeadComplete, !isSuccess, errorLimit < limit { (limit, truncates) = (errorLimit, true) }
    } else if isBlank(bytes[0]) {
      headers.extendLast(with: text(line))
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      headers.append(text(trimmed(line[..<colon])), text(trimmed(line[(colon + 1)...])))
    }
    return true
  }

  /// Records that the sink takes no more bytes.
  mutating func notTaken() {
    stop = .notTaken
  }

  /// Consumes decoded bytes of the body.
  ///
  /// - Returns: false to end the transfer; ``stop`` says why.
  mutating func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    if body.isEmpty, !truncates, let length = announcedLength {
      // Refuse a body that declares too much before reading it, and allocate once.
      guard length <= limit else {
        stop = .bodyTooLarge
        return false
      }
      body.reserveCapacity(length)
    }
    let room = limit - body.count
    guard bytes.count > room else {
      body.append(contentsOf: bytes)
      return true
    }
    if truncates { body.append(contentsOf: bytes.prefix(room)) }
    stop = truncates ? .truncated : .bodyTooLarge
    return false
  }
}

extension ResponseBuffer {
  /// `Content-Length`, if that is the length of the kept body.
  private var announcedLength: Int? {
    guard headers["Content-Encoding"] == nil, headers["Transfer-Encoding"] == nil else { return nil }
    return headers["Content-Length"].flatMap { WireNumber.bytes($0) }.map { Int($0) }
  }
}

private typealias Bytes = Slice<UnsafeRawBufferPointer>

private func isBlank(_ byte: UInt8) -> Bool {
  byte == 0x20 || (0x09...0x0D).contains(byte)
}

private func trimmed(_ bytes: Bytes) -> Bytes {
  guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
  else { return bytes[bytes.startIndex..<bytes.startIndex] }
  return bytes[first...last]
}

private func text(_ bytes: Bytes) -> String {
  String(decoding: UnsafeRawBufferPointer(rebasing: bytes), as: UTF8.self)
}
