extension Markup {
  /// Markdown, as CommonMark and the dialects of chats have it: every mark gets a backslash, a colon too, so that an address
  /// is no link. Mentions are words behind an `@`: a space without width keeps the two apart.
  static let markdown = Markup("MARKDOWN", wholes: [.codeFence]) { text in
    text.replacing(markdownMarks)
  }

  private static let markdownMarks: [UInt8: String] = {
    var marks: [UInt8: String] = [:]
    for mark in #"\`*_~|[]()<>#"#.utf8 { marks[mark] = "\\\(UnicodeScalar(mark))" }
    marks[UInt8(ascii: "@")] = "@\u{200B}"
    marks[UInt8(ascii: ":")] = "\\:"
    return marks
  }()

  /// HTML, and what chats take of it.
  static let html = Markup("PEOPLE-HTML", wholes: [.entity, .tag]) { text in
    text.replacing([
      UInt8(ascii: "&"): "&amp;", UInt8(ascii: "<"): "&lt;", UInt8(ascii: ">"): "&gt;", UInt8(ascii: "\""): "&quot;",
      UInt8(ascii: "'"): "&#39;",
    ])
  }

  /// A text without any notation that people read.
  static let words = Markup("WORDS") { $0 }
}
