import CDisk
import Crypto
import FoundationEssentials
import TestSupport
import Testing
import Transport

@testable import Models

@Suite struct ArchiveDigestTests {
  private func digest(_ headers: [(String, String)], status: Int = 206) -> ExpectedDigest? {
    ExpectedDigest(HTTPResponse(status: status, headers: HTTPHeaders(headers.map { (name: $0.0, value: $0.1) })))
  }

  /// RFC 3720, appendix B.4, and the check value that every catalogue of CRCs has.
  @Test func `CRC-32C of known texts is what it should be, with and without the instruction`() {
    for function in [cdisk_crc32c, cdisk_crc32c_portable] {
      #expect(function(0, "123456789", 9) == 0xE306_9283)
      #expect(function(0, [UInt8](repeating: 0, count: 32), 32) == 0x8A91_36AA)
      #expect(function(0, [UInt8](repeating: 0xFF, count: 32), 32) == 0x62A8_AB43)
      #expect(function(0, [UInt8](0..<32), 32) == 0x46DD_794E)
      #expect(function(0, nil, 0) == 0)
    }
  }

  @Test(arguments: [1, 2, 3]) func `parts of any length, one after the other, give the CRC of the whole`(seed: UInt64) {
    var chance = SeededGenerator(seed: seed)
    let bytes = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &chance) }
    let whole = cdisk_crc32c_portable(0, bytes, bytes.count)
    var (value, portable, rest) = (UInt32(0), UInt32(0), bytes[...])
    while !rest.isEmpty {
      let part = Array(rest.prefix(Int.random(in: 1...999, using: &chance)))
      rest = rest.dropFirst(part.count)
      value = cdisk_crc32c(value, part, part.count)
      portable = cdisk_crc32c_portable(portable, part, part.count)
    }
    #expect(value == whole, "seed \(seed)")
    #expect(portable == whole, "seed \(seed)")
  }

  @Test func `Google's checksum is taken, of what is stored only where that is what is sent`() {
    #expect(digest([("x-goog-hash", "crc32c=4waSgw==,md5=JfnnlDI7RTiF9RgfG2JNCw==")]) == .crc32c(0xE306_9283))
    #expect(
      digest([("X-Goog-Hash", "md5=JfnnlDI7RTiF9RgfG2JNCw=="), ("X-Goog-Hash", "crc32c=4waSgw==")])
        == .crc32c(0xE306_9283))
    let stored = [("x-goog-hash", "crc32c=4waSgw=="), ("x-goog-stored-content-encoding", "gzip")]
    #expect(digest(stored) == nil)
    #expect(digest(stored + [("Content-Encoding", "gzip")]) == .crc32c(0xE306_9283))
  }

  @Test func `Amazon's checksum is taken where it is of the whole object`() {
    #expect(digest([("x-amz-checksum-crc32c", "4waSgw==")], status: 200) == .crc32c(0xE306_9283))
    #expect(digest([("x-amz-checksum-crc32c", "4waSgw==")]) == nil)
    #expect(
      digest([("x-amz-checksum-crc32c", "4waSgw=="), ("x-amz-checksum-type", "FULL_OBJECT")]) == .crc32c(0xE306_9283))
    #expect(digest([("x-amz-checksum-crc32c", "4waSgw=="), ("x-amz-checksum-type", "COMPOSITE")], status: 200) == nil)
    #expect(digest([("x-amz-checksum-crc32c", "4waSgw==-3")], status: 200) == nil)
  }

  @Test func `standard digests are taken, and one of a part is not`() {
    let sha = Array(SHA256.hash(data: Data("123456789".utf8)))
    let text = Data(sha).base64EncodedString()
    #expect(digest([("Repr-Digest", "sha-512=:AAAA:, sha-256=:\(text):")]) == .sha256(sha))
    #expect(digest([("Digest", "SHA-256=\(text)")]) == .sha256(sha))
    let md5 = Array(Insecure.MD5.hash(data: Data("123456789".utf8)))
    #expect(digest([("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw==")], status: 200) == .md5(md5))
    #expect(digest([("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw==")]) == nil)
    #expect(digest([("x-ms-blob-content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")]) == .md5(md5))
    #expect(digest([("Content-MD5", "no base64")], status: 200) == nil)
    #expect(digest([("x-goog-hash", "crc32c=AAAAAAAA")]) == nil)
  }

  @Test func `what goes by is held against what is expected, by every kind`() {
    let bytes = Array("123456789".utf8)
    let kinds: [ExpectedDigest] = [
      .crc32c(0xE306_9283), .sha256(Array(SHA256.hash(data: Data(bytes)))),
      .md5(Array(Insecure.MD5.hash(data: Data(bytes)))),
    ]
    for kind in kinds {
      #expect(ExpectedDigest(text: kind.text) == kind)
      var running = RunningDigest(kind)
      bytes[..<4].withUnsafeBytes { running.update($0) }
      #expect(!running.isAsExpected)
      bytes[4...].withUnsafeBytes { running.update($0) }
      #expect(running.isAsExpected)
    }
    #expect(RunningDigest(nil).isAsExpected)
    #expect(ExpectedDigest(text: "crc32c:e306928") == nil)
    #expect(ExpectedDigest(text: "crc32c:e30692zz") == nil)
  }
}
