internal import CDisk
internal import Crypto
internal import FoundationEssentials
internal import Transport
internal import Notation

/// The checksum that a storage declares for the whole file.
enum ExpectedDigest: Sendable, Equatable {
  case crc32c(UInt32)
  case sha256([UInt8])
  case md5([UInt8])

  /// `crc32c:9b2f…`, for our own files.
  var text: String {
    switch self {
    case .crc32c(let value): "crc32c:" + Hexadecimal.text(withUnsafeBytes(of: value.bigEndian) { Array($0) })
    case .sha256(let bytes): "sha256:" + Hexadecimal.text(bytes)
    case .md5(let bytes): "md5:" + Hexadecimal.text(bytes)
    }
  }

  init?(text: String) {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let bytes = Hexadecimal.bytes(parts[1]) else { return nil }
    self.init(name: parts[0], bytes: bytes)
  }

  private init?(name: Substring, bytes: [UInt8]) {
    switch (name, bytes.count) {
    case ("crc32c", 4): self = .crc32c(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    case ("sha256", 32): self = .sha256(bytes)
    case ("md5", 16): self = .md5(bytes)
    default: return nil
    }
  }
}

/// What servers declare. CRC-32C comes first: it is the cheapest, and detects accidents as well as any other.
extension ExpectedDigest {
  /// - Parameter head: a 200, or a 206, which has digests of the whole file besides its part.
  init?(_ head: HTTPResponse) {
    let found = Self.google(head) + Self.amazon(head) + Self.standard(head)
    let first = found.first { if case .crc32c = $0 { true } else { false } } ?? found.first
    guard let first else { return nil }
    self = first
  }

  /// `x-goog-hash: crc32c=…,md5=…` describes the stored object, which differs from what is sent if the server decompresses it
  /// (cloud.google.com/storage/docs/transcoding).
  private static func google(_ head: HTTPResponse) -> [ExpectedDigest] {
    let stored = head.headers["x-goog-stored-content-encoding"] ?? "identity"
    guard stored == head.headers["Content-Encoding"] ?? "identity" else { return [] }
    return values(head.headers.all("x-goog-hash")).compactMap { ExpectedDigest($0.name, base64: $0.value) }
  }

  /// A composite checksum is a checksum of checksums (docs.aws.amazon.com, "Checking object integrity").
  private static func amazon(_ head: HTTPResponse) -> [ExpectedDigest] {
    let isWhole = head.status == 200 || head.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    guard isWhole, head.headers["x-amz-checksum-type"] != "COMPOSITE" else { return [] }
    return [("crc32c", "x-amz-checksum-crc32c"), ("sha256", "x-amz-checksum-sha256")].compactMap { name, header in
      head.headers[header].flatMap { ExpectedDigest(name, base64: $0[...]) }
    }
  }

  /// RFC 9530 and, before it, RFC 3230; `Content-MD5` (RFC 1864) describes what is sent, so only a part in a 206.
  private static func standard(_ head: HTTPResponse) -> [ExpectedDigest] {
    guard head.headers["Content-Encoding"] == nil else { return [] }
    var found = values(head.headers.all("Repr-Digest") + head.headers.all("Digest")).compactMap { entry in
      ExpectedDigest(entry.name.replacing("-", with: ""), base64: Substring(entry.value.filter { $0 != ":" }))
    }
    if let text = head.headers["x-ms-blob-content-md5"] ?? (head.status == 200 ? head.headers["Content-MD5"] : nil),
      let digest = ExpectedDigest("md5", base64: text[...])
    {
      found.append(digest)
    }
    return found
  }

  /// The members of lists such as `a=1, b=2`.
  private static func values(_ fields: [String]) -> [(name: String, value: Substring)] {
    fields.flatMap { $0.split(separator: ",") }.compactMap { entry in
      let entry = entry.drop { $0 == " " }
      guard let equals = entry.firstIndex(of: "=") else { return nil }
      return (entry[..<equals].lowercased(), entry[entry.index(after: equals)...])
    }
  }

  private init?(_ name: String, base64 text: Substring) {
    guard let data = Data(base64Encoded: String(text.filter { $0 != " " })) else { return nil }
    self.init(name: name[...], bytes: Array(data))
  }
}

/// Computes the checksum of our bytes as they pass by.
struct RunningDigest {
  private let expected: ExpectedDigest?
  private var crc32c: UInt32 = 0
  private var sha256 = SHA256()
  private var md5 = Insecure.MD5()

  init(_ expected: ExpectedDigest?) {
    self.expected = expected
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch expected {
    case .crc32c: crc32c = cdisk_crc32c(crc32c, bytes.baseAddress, bytes.count)
    case .sha256: sha256.update(bufferPointer: bytes)
    case .md5: md5.update(bufferPointer: bytes)
    case nil: break
    }
  }

  /// True also if nothing is expected.
  var isAsExpected: Bool {
    switch expected {
    case .crc32c(let value): value == crc32c
    case .sha256(let bytes): bytes.elementsEqual(sha256.finalize())
    case .md5(let bytes): bytes.elementsEqual(md5.finalize())
    case nil: true
    }
  }
}
