internal import Crypto
internal import FoundationEssentials
internal import Glibc
internal import HTTPServing

/// The secret from `--token-file` that allows acting.
package struct AccessToken: Sendable {
  /// Why a text is no token. `description` is a clause.
  package struct Unfit: Error, CustomStringConvertible {
    package let description: String
  }

  private static let shortest = 16
  private static let longest = 4_096

  private let digest: SHA256.Digest

  package init(_ text: String) throws(Unfit) {
    guard text.utf8.count >= Self.shortest, text.utf8.count <= Self.longest else {
      throw Unfit(
        description: "the token has \(text.utf8.count) characters, but must have \(Self.shortest) or more; make one: "
          + "openssl rand -hex 24")
    }
    guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw Unfit(description: "the token holds something else than printable ASCII; make one: openssl rand -hex 24")
    }
    digest = SHA256.hash(data: Array(text.utf8))
  }

  /// Surrounding white space is ignored.
  package init(file path: String) throws(Unfit) {
    guard let file = fopen(path, "re") else {
      throw Unfit(description: "it can't be read: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: Self.longest + 64)
    let count = fread(&bytes, 1, bytes.count, file)
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    try self.init(String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()))
  }

  /// Compares digests in constant time, so that timing reveals nothing about the token.
  func isBrought(by request: Request) -> Bool {
    guard let header = request.headers["authorization"] else { return false }
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { return false }
    switch words[0].lowercased() {
    case "bearer": return matches(words[1].utf8)
    case "basic":
      // Browsers also ask for a user name; any will do.
      guard let pair = Data(base64Encoded: String(words[1])), let colon = pair.firstIndex(of: UInt8(ascii: ":")) else {
        return false
      }
      return matches(pair[pair.index(after: colon)...])
    default: return false
    }
  }

  private func matches(_ text: some Sequence<UInt8>) -> Bool { SHA256.hash(data: Array(text)) == digest }
}
