internal import Runs

/// What the answers of one type of destination mean, as data: the first row that fits decides. README shows these tables,
/// and a test compares the two.
///
/// The status decides, also when the rest of the answer can't be read. The body is looked at only where a service says in it
/// what it doesn't say by its status.
package struct AnswerTable: Sendable {
  struct Row: Sendable {
    let statuses: [ClosedRange<Int>]
    var body = Body.any
    let meaning: Meaning
    /// For the reason that people read, after the status; nil: what the body says, where that decided.
    var note: String?
  }

  /// What a row asks of the body.
  enum Body: Sendable {
    /// Anything, read or not.
    case any
    case empty
    /// It is one of these words and nothing else, or `{"error": WORD}`. Without regard to case.
    case word([String])
    /// A JSON object that has one of these members.
    case members([(name: String, value: String)])
    /// These words stand somewhere in it. Without regard to case.
    case phrase([String])
    /// HTML, as from a proxy or a sign-in.
    case page
    /// It broke off, or can't be decoded.
    case broken
  }

  package enum Meaning: Sendable, Equatable {
    /// How long its destination is left alone by itself.
    package var hold: Duration? {
      if case .held(_, let duration) = self { duration } else { nil }
    }

    case delivered
    case repeated(FailureReason)
    /// The same, and not before the answer's `Retry-After`.
    case repeatedLater(FailureReason)
    /// The same, and nothing is sent there for so long.
    case held(FailureReason, Duration)
    case final(FailureReason)
    /// Final, and nothing more is sent there for now.
    case stops
    /// The message that was to be edited, or the thread that was named, isn't there.
    case vanished
  }

  private let rows: [Row]
  /// For what no row of its own fits.
  private let rest: [Row]
  /// The type whose table ``rest`` is; nil without a ``rest``.
  private let restName: String?
  /// Where in a JSON answer the service says what was wrong, in words for people.
  private let says: [String]

  init(_ rows: [Row], says: [String] = []) {
    (self.rows, rest, restName, self.says) = (rows, [], nil, says)
  }

  init(_ rows: [Row], otherwise rest: AnswerTable, named name: String, says: [String] = []) {
    (self.rows, self.rest, restName, self.says) = (rows, rest.rows, name, says)
  }

  /// What an answer means, and what in it decided: a clause that stands behind the status.
  ///
  /// - Parameter namesOthers: the request named another message or a thread; otherwise none can be missing.
  package func reading(of answer: ServiceAnswer, namesOthers: Bool = false) -> (meaning: Meaning, note: String?) {
    let body = AnswerBody(answer)
    for row in [rows, rest].joined() where row.statuses.contains(where: { $0.contains(answer.status) }) {
      guard namesOthers || row.meaning != .vanished, body.fits(row.body) else { continue }
      let note = row.note ?? row.wordNote(body)
      if row.meaning == .delivered { return (row.meaning, note) }
      return (row.meaning, note ?? body.text(at: says).map { ": \($0)" })
    }
    return (.final(.clientError), nil)
  }

  /// The lines of README's table, without the type.
  package var markdown: [String] {
    let own = rows.map { row in
      let body = row.body.words
      return "\(row.statusWords) |\(body.isEmpty ? "" : " \(body)") | \(row.meaning.words)"
    }
    return own + (restName.map { ["any other | | as `\($0)`"] } ?? [])
  }
}

extension AnswerTable.Row {
  fileprivate func wordNote(_ body: AnswerBody) -> String? {
    if case .word = self.body { body.word.map { ": \($0)" } } else { nil }
  }

  fileprivate var statusWords: String {
    statuses.map { range in
      switch (range.lowerBound, range.upperBound) {
      case (let low, let high) where low == high: "\(low)"
      case (0, 999): "any other"
      case (let low, 999): "\(low) and above"
      case (let low, let high): "\(low)–\(high)"
      }
    }.joined(separator: ", ")
  }
}

extension AnswerTable.Body {
  fileprivate var words: String {
    switch self {
    case .any: ""
    case .empty: "none"
    case .word(let words): words.map { "`\($0)`" }.joined(separator: ", ")
    case .members(let members): members.map { "`{\"\($0.name)\": \($0.value)}`" }.joined(separator: ", ")
    case .phrase(let words): words.map { "…\($0)…" }.joined(separator: ", ")
    case .page: "a page (HTML)"
    case .broken: "can't be read"
    }
  }
}

extension AnswerTable.Meaning {
  fileprivate var words: String {
    switch self {
    case .delivered: "delivered"
    case .repeated: "repeated"
    case .repeatedLater: "repeated, not before `Retry-After`"
    case .held(_, let duration): "repeated, and nothing is sent there for \(duration.words)"
    case .final: "final"
    case .stops: "stops the destination"
    case .vanished: "what it continues is gone: posted anew"
    }
  }
}
