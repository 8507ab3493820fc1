/// A gzip file (RFC 1952) that stores its content uncompressed, in deflate blocks of type 0 (RFC 1951, 3.2.4).
package enum Gzip {
  package static func stored(_ content: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
    file.reserveCapacity(content.count + content.count / 13_000 + 32)
    var rest = content[...]
    repeat {
      let part = rest.prefix(65_535)
      rest = rest.dropFirst(part.count)
      let length = UInt16(part.count)
      file.append(rest.isEmpty ? 1 : 0)
      file += little(UInt32(length), 2) + little(UInt32(~length), 2)
      file += part
    } while !rest.isEmpty
    return file + little(crc32(content), 4) + little(UInt32(truncatingIfNeeded: content.count), 4)
  }

  private static func little(_ value: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(byte) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
  }
}
