internal import FoundationEssentials
internal import Runs

/// Values of header fields, of printable ASCII and without a way out of their line (RFC 5322, 2047).
enum MailHeader {
  /// Text of any kind: as it is where that is plain and short, else in encoded words.
  static func text(_ text: String) -> String {
    let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }.filter { !isControl($0) })
    let isPlain = line.utf8.count <= 70 && line.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !line.contains("=?")
    return isPlain ? line : encodedWords(line)
  }

  /// What ``MailAddress`` reads; the name in whichever form it needs.
  static func mailbox(_ text: String) -> String {
    guard let mailbox = MailAddress(text) else { return "" }
    if mailbox.name.isEmpty { return mailbox.address }
    let isWords = mailbox.name.utf8.allSatisfy { $0 == 0x20 || isAtom($0) } && mailbox.name.utf8.count <= 60
    let isShort = isWords && mailbox.name.utf8.count + mailbox.address.utf8.count < 60
    return "\(isWords ? mailbox.name : encodedWords(mailbox.name))\(isShort ? "" : "\r\n") <\(mailbox.address)>"
  }

  /// `Fri, 27 Nov 2026 19:00:00 +0000`.
  ///
  /// - Parameter time: Unix seconds.
  static func date(_ time: Int64) -> String {
    let (number, ofDay) = time.quotientAndFloorRemainder(dividingBy: 86_400)
    let day = CalendarDay(number: number)
    let (year, month, date) = day.date
    let clock = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    return "\(weekdays[Int(day.weekday)]), \(date) \(months[Int(month) - 1]) \(year) \(clock) +0000"
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Each word is at most 75 characters with its frame, holds whole characters (section 5), and stands on a line of its own.
  private static func encodedWords(_ text: String) -> String {
    var words: [[UInt8]] = [[]]
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if words[words.count - 1].count + bytes.count > longestWord { words.append([]) }
      words[words.count - 1] += bytes
    }
    return words.map { "=?utf-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
  }

  /// Bytes whose base64 has 52 characters: with its frame and `Subject: ` before it a line of less than 76 (section 2).
  private static let longestWord = 39

  private static func isControl(_ character: Character) -> Bool {
    character.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  private static func isAtom(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) && !"()<>[]:;@\\,.\"=?".utf8.contains(byte)
  }
}
