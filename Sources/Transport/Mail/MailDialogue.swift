/// What a server says while it takes a mail: replies of one or more lines, `250-first`, `250 last` (RFC 5321, section 4.2.1).
/// Pure.
struct MailDialogue {
  /// Of the last whole reply; 0 before the first.
  private(set) var code = 0
  /// Of the last whole reply, without codes.
  var text: String { lines.joined(separator: "\n") }

  private var lines: [String] = []
  private var isWhole = true
  private var replies = 0
  private var isContentSent = false
  /// What comes now, such as the answer to QUIT, says nothing about the mail.
  private var isOver = false
  /// A server that doesn't know EHLO is greeted by HELO.
  private let mayKnowHELOOnly: Bool

  /// - Parameter mayKnowHELOOnly: false where TLS by STARTTLS is wanted, which only EHLO offers.
  init(mayKnowHELOOnly: Bool) {
    self.mayKnowHELOOnly = mayKnowHELOOnly
  }

  /// All of the mail is on its way.
  mutating func contentWasSent() { isContentSent = true }

  /// Takes one line with its line break.
  ///
  /// - Returns: true when nothing more that the server says changes what becomes of the mail.
  mutating func take(line: some Collection<UInt8>) -> Bool {
    if isOver { return true }
    let text = String(decoding: line.prefix(Self.maxLine), as: UTF8.self).filter { !$0.isNewline }
    guard let code = Int(text.prefix(3)), text.count >= 3 else { return false }
    if isWhole { lines = [] }
    if lines.count < Self.maxLines { lines.append(String(text.dropFirst(4))) }
    isWhole = text.dropFirst(3).first != "-"
    guard isWhole else { return false }
    self.code = code
    replies += 1
    let isGreetedAgain = code >= 500 && replies == 2 && mayKnowHELOOnly
    isOver = code >= 400 && !isGreetedAgain || isContentSent
    return isOver
  }

  private static let (maxLine, maxLines) = (1_000, 50)
}
