/// The blocks of a tar archive (POSIX.1-1988, "ustar"); also for tests that need a faulty one.
package enum Tar {
  package enum Kind: String, Sendable {
    case file = "0"
    case hardLink = "1"
    case symbolicLink = "2"
    case characterDevice = "3"
    case directory = "5"
    case pipe = "6"
    /// Records such as `29 path=name` for the next entry (POSIX.1-2001, "pax").
    case extended = "x"
  }

  /// Two empty blocks.
  package static let end = [UInt8](repeating: 0, count: 1_024)

  /// An entry with its content, padded to whole blocks.
  package static func entry(
    _ name: String, _ content: [UInt8] = [], _ kind: Kind = .file, link: String = "", mode: Int = 0o644
  ) -> [UInt8] {
    header(name, bytes: content.count, kind, link: link, mode: mode) + content
      + [UInt8](repeating: 0, count: padding(content.count))
  }

  /// The number of bytes to the next whole block.
  static func padding(_ count: Int) -> Int { (512 - count % 512) % 512 }

  /// A header block. Sizes of 8 GiB and more don't fit its field.
  package static func header(
    _ name: String, bytes: Int, _ kind: Kind = .file, link: String = "", mode: Int = 0o644
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    func octal(_ value: Int, digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
    put(name, at: 0)
    put(octal(kind == .directory ? 0o755 : mode, digits: 7), at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(octal(bytes, digits: 11), at: 124)
    put(octal(1_766_000_000, digits: 11), at: 136)
    put("        ", at: 148)
    put(kind.rawValue, at: 156)
    put(link, at: 157)
    put("ustar", at: 257)
    put("00", at: 263)
    put("root", at: 265)
    put("root", at: 297)
    put(octal(block.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
    block[154] = 0
    return block
  }
}
