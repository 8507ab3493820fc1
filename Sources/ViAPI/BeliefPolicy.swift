/// What is believed of the API's answers about one subject, a run or all of them, and after how many looks. Pure.
///
/// | answer | believed |
/// |---|---|
/// | a run's document, and the end that it shows | at once |
/// | no such run, credentials refused, no Vi API's, unreadable, rejected, before anything was read | at once: somebody has mistyped something |
/// | no such run, for one that was read | after 3 looks in a row over at least 2 min, all but the first on fresh connections |
/// | credentials refused, no Vi API's, unreadable, rejected, after something was read | when nothing else came for 5 looks and 5 min |
/// | unreachable (but for certificates and addresses), failing, too slow, asked to wait | never: it passes |
///
/// Who doubts an answer looks again soon, at ``nextLook(after:)``. Doubts are kept nowhere: a restart begins to count anew.
/// Times are uptime.
package struct BeliefPolicy: Sendable {
  private enum Kind {
    case absence, objection

    /// Nil for what passes by itself.
    init?(_ error: SourceError) {
      if error.isPassing { return nil }
      self = if case .noSuchRun = error { .absence } else { .objection }
    }

    var needed: (looks: Int, time: Duration) {
      switch self {
      case .absence: (3, .seconds(120))
      case .objection: (5, .seconds(300))
      }
    }
  }

  /// The same answer, look after look. What passes neither adds to it nor ends it: of that look nothing is known.
  private struct Row {
    let kind: Kind
    let since: Duration
    var looks = 0

    func isEnough(_ looks: Int, at uptime: Duration) -> Bool {
      looks >= kind.needed.looks && uptime - since >= kind.needed.time
    }
  }

  /// Seconds after the first doubtful answer. Later the usual pace is enough.
  private static let looks = [1, 3, 7, 15, 31, 60, 90, 120, 150, 180, 240, 300]

  /// The subject was read once, by whomever.
  package private(set) var wasRead: Bool
  /// Its API was: the credentials are right, and it is a Vi API.
  private var apiWasRead: Bool
  private var doubtedSince: Duration?
  private var row: Row?

  package init(wasRead: Bool = false, apiWasRead: Bool = false) {
    (self.wasRead, self.apiWasRead) = (wasRead, apiWasRead || wasRead)
  }

  /// The last answer was not good.
  package var isInDoubt: Bool { doubtedSince != nil }

  /// A good answer came.
  package mutating func read() {
    self = BeliefPolicy(wasRead: true)
  }

  /// A good answer came about something else at the same API.
  package mutating func readElsewhere() {
    apiWasRead = true
  }

  /// Takes note of another answer, or of none; true when it is believed.
  package mutating func failed(_ error: SourceError, at uptime: Duration) -> Bool {
    if doubtedSince == nil { doubtedSince = uptime }
    guard let kind = Kind(error) else { return false }
    var row = row.flatMap { $0.kind == kind ? $0 : nil } ?? Row(kind: kind, since: uptime)
    row.looks += 1
    self.row = row
    if !isKnown(error) { return true }
    return row.isEnough(row.looks, at: uptime)
  }

  /// Whether what this error denies has been seen.
  private func isKnown(_ error: SourceError) -> Bool {
    switch error {
    case .noSuchRun, .unreadable: wasRead
    default: apiWasRead
    }
  }

  /// The last answer was that there is no such run, or the next one like it would be believed.
  package func absence(at uptime: Duration) -> (isClaimed: Bool, isNearBelief: Bool) {
    guard let row, row.kind == .absence else { return (false, false) }
    return (true, row.isEnough(row.looks + 1, at: uptime))
  }

  /// When to look again because of a doubt; nil when there is none, or none that a look soon would end.
  package func nextLook(after uptime: Duration) -> Duration? {
    guard let doubtedSince else { return nil }
    return Self.looks.lazy.map { doubtedSince + .seconds($0) }.first { $0 > uptime }
  }
}
