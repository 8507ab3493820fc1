/// Answers that replace the regular one.
extension Harm {
  func replaceAnswer(_ answer: inout WireAnswer, at place: HarmPlace, _ random: inout some RandomNumberGenerator) {
    let isInbox = place == .inbox || place == .sacrifice
    func pick<Element>(_ elements: [Element]) -> Element { elements[Int.random(in: elements.indices, using: &random)] }
    switch self {
    case .wrongStatus: refuse(&answer, pick(isInbox ? [408, 425] : [400, 401, 403, 404, 404, 404, 409, 418]))
    case .serverError: refuse(&answer, pick([500, 502, 503, 504, 520, 599]))
    case .busy:
      refuse(&answer, pick([429, 503]))
      answer.set("Retry-After", pick(["1", "1"] + Self.noWaits))
      if Bool.random(using: &random) {
        answer.setContent(Array(#"{"retry_after": -1e400, "parameters": {"retry_after": "soon"}}"#.utf8))
      }
    case .redirect:
      answer.replace(pick([301, 302, 303, 307, 308]), "text/html", "<a href=\"/login\">Found</a>")
      answer.set("Location", pick(["/login", "http://127.0.0.1:1/", "gopher://x", "//[", "\u{1B}[31m", ""]))
    case .signIn:
      answer.replace(
        200, pick(["text/html", "text/\u{1B}]0;x\u{7}", "application/json"]), "<html><h1>Sign in</h1></html>")
    case .hugeError: answer.replace(500, "text/plain", [UInt8](repeating: UInt8(ascii: "e"), count: 8_000_000))
    case .bombError:
      answer.replace(502, "application/json", Gzip.bomb)
      answer.set("Content-Encoding", "gzip")
    case .escapes:
      let text = #"{"message": "\u001b[31mred\u001b]0;owned\u0007 \u0000 \u202e \u009b2J \u001b[2J\r"}"#
      answer.replace(pick([500, 503]), "text/\u{1B}[2J", text)
    default: replaceForLong(&answer, &random)
    }
  }

  private func refuse(_ answer: inout WireAnswer, _ status: Int) {
    answer.replace(
      status, "application/json", #"{"error": "OperationFailed", "message": "The simulator damages this answer."}"#)
  }

  private func replaceForLong(_ answer: inout WireAnswer, _ random: inout some RandomNumberGenerator) {
    func pick<Element>(_ elements: [Element]) -> Element { elements[Int.random(in: elements.indices, using: &random)] }
    switch self {
    case .longHold:
      refuse(&answer, pick([429, 503]))
      switch Int.random(in: 0..<3, using: &random) {
      case 0: answer.set("Retry-After", pick(Self.longWaits))
      case 1:
        answer.set("X-RateLimit-Remaining", "0")
        answer.set("X-RateLimit-Reset-After", pick(["1e400", "1e18", "9223372036854775807"]))
      default:
        answer.setContent(Array(#"{"retry_after": 1e400, "parameters": {"retry_after": 9223372036854775807}}"#.utf8))
      }
    case .refusal: refuse(&answer, pick([400, 401, 403, 404, 405, 413, 422, 307, 304]))
    default: refuse(&answer, 410)
    }
  }
}

extension Gzip {
  /// A file of 1 MB that unpacks to 160 MB of zeros and then doesn't end.
  static let bomb: [UInt8] = {
    var bits = BitWriter()
    // A block of fixed codes (RFC 1951, 3.2.6): the literal 0, then repeatedly 258 bytes from 1 byte back.
    bits.write(0b011, 3, reversed: false)
    bits.write(0b0011_0000, 8)
    for _ in 0..<24 {
      bits.write(0b1100_0101, 8)
      bits.write(0, 5)
    }
    // Eight of these fill 13 whole bytes, which repeat.
    let period = bits.bytes[2..<15]
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF] + bits.bytes[..<2] + (0..<80_000).flatMap { _ in period }
  }()
}

/// Bits in deflate's order: from the low end of each byte; Huffman codes with their first bit first.
private struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var used = 0

  mutating func write(_ code: UInt16, _ count: Int, reversed: Bool = true) {
    for place in 0..<count {
      let bit = UInt8(truncatingIfNeeded: code >> (reversed ? count - 1 - place : place)) & 1
      if used % 8 == 0 { bytes.append(0) }
      bytes[bytes.count - 1] |= bit << (used % 8)
      used += 1
    }
  }
}
