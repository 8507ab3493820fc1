internal import JSONSource
internal import Runs

/// What a mail says, and the bytes that say it (RFC 5322, 2045 to 2047).
struct MailParts: Sendable {
  let subject: String
  let text: String?
  /// A whole document, or what stands in its body.
  let html: String?
  /// As the rules file writes it; nil: the only one.
  let recipient: String?

  /// - Parameter body: JSON with `subject`, `text` and `html`; what has neither of the last two is shown as it is.
  init(_ body: [UInt8]) {
    let root = try? JSONDocument(parsing: body).root
    let (text, html) = (root?["text"]?.string, root?["html"]?.string)
    subject = root?["subject"]?.string ?? "vi-notify"
    self.text = text == nil && html == nil ? String(decoding: body, as: UTF8.self) : text
    self.html = html
    recipient = root?["recipient"]?.string
  }

  /// - Parameters:
  ///   - id: of the delivery: a repeat has the same Message-ID, by which mailboxes tell it from a second mail.
  ///   - time: Unix seconds.
  func headers(from: String, to: String, id: String, time: Int64) -> [(name: String, value: String)] {
    let domain = MailAddress(from)?.domain ?? "localhost"
    return [
      ("Date", MailHeader.date(time)), ("From", MailHeader.mailbox(from)), ("To", MailHeader.mailbox(to)),
      ("Subject", MailHeader.text(subject)), ("Message-ID", "<\(id)@\(domain)>"), ("MIME-Version", "1.0"),
      // RFC 3834: no holiday notice answers this.
      ("Auto-Submitted", "auto-generated"),
    ]
  }

  func content(under headers: [(name: String, value: String)]) -> [UInt8] {
    let head = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
    let plain = text.map { Self.part("plain", $0) }
    let rich = html.map { Self.part("html", Self.document($0)) }
    guard let plain, let rich else { return Array((head + (plain ?? rich ?? Self.part("plain", ""))).utf8) }
    let mark = "--\(Self.boundary)"
    return Array(
      """
      \(head)Content-Type: multipart/alternative; boundary="\(Self.boundary)"\r
      \r
      \(mark)\r
      \(plain)\r
      \(mark)\r
      \(rich)\r
      \(mark)--\r

      """.utf8)
  }

  /// Quoted-printable has no `=_`, so that this stands in no part.
  private static let boundary = "=_vi-notify_alternative"

  private static func part(_ subtype: String, _ text: String) -> String {
    "Content-Type: text/\(subtype); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      + QuotedPrintable.encode(text)
  }

  /// HTML that lays nothing out itself gets the line breaks of its text.
  private static func document(_ html: String) -> String {
    let start = html.prefix(4_000).lowercased()
    if start.contains("<html") || start.contains("<!doctype") { return html }
    let isLaidOut = ["<br", "<p>", "<p ", "<table", "<ul", "<ol"].contains(where: html.contains)
    return "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body style=\"font-family: sans-serif\">\n"
      + (isLaidOut ? html : withBreaks(html)) + "\n</body></html>\n"
  }

  /// Not within `<pre>`, where a line break is one.
  private static func withBreaks(_ html: String) -> String {
    var (result, rest) = ("", html[...])
    while let open = rest.firstRange(of: "<pre>") {
      result += rest[..<open.lowerBound].replacing("\n", with: "<br>\n")
      let end = rest[open.upperBound...].firstRange(of: "</pre>")?.upperBound ?? rest.endIndex
      result += rest[open.lowerBound..<end]
      rest = rest[end...]
    }
    return result + rest.replacing("\n", with: "<br>\n")
  }
}

/// Quoted-printable (RFC 2045, section 6.7): lines of at most 76 characters, of ASCII, ended by CR LF.
enum QuotedPrintable {
  static func encode(_ text: String) -> String {
    var bytes: [UInt8] = []
    // A CR LF is one character.
    for line in text.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" || $0 == "\r" })
    {
      append(Array(line.utf8), to: &bytes)
      bytes += [0x0D, 0x0A]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func append(_ line: [UInt8], to bytes: inout [UInt8]) {
    var width = 0
    for (index, byte) in line.enumerated() {
      let isBlankAtTheEnd = (byte == 0x20 || byte == 0x09) && index == line.count - 1
      // A dot at the beginning is doubled by some and not undone by others; old mailboxes take "From " for a new mail.
      let isRisky = width == 0 && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "F"))
      let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "=") || byte == 0x09
      let piece = isPlain && !isBlankAtTheEnd && !isRisky ? [byte] : Array("=\(Hex.of(byte))".utf8)
      if width + piece.count > 75 {
        bytes += [UInt8(ascii: "="), 0x0D, 0x0A]
        width = 0
      }
      bytes += piece
      width += piece.count
    }
  }

  private enum Hex {
    static func of(_ byte: UInt8) -> String {
      let digits = String(byte, radix: 16, uppercase: true)
      return digits.count < 2 ? "0\(digits)" : digits
    }
  }
}
