/// Decides which answers of the API to believe about one subject (a run, or all of them), and after how many polls. Pure.
///
/// | answer | believed |
/// |---|---|
/// | a run's document, and the end that it shows | at once |
/// | no such run, credentials refused, not a Vi API, unreadable, rejected, before anything was read | at once: it points to a typing mistake |
/// | no such run, for a run that was read | after 3 polls in a row over at least 2 min, all but the first on new connections |
/// | credentials refused, not a Vi API, unreadable, rejected, after something was read | when nothing else came for 5 polls and 5 min |
/// | unreachable (except certificates and addresses), failing, too slow, rate limited | never: it is transient |
///
/// While an answer is in doubt, the next poll follows soon, at ``nextLook(after:)``. Doubts are not stored: a restart counts
/// from the beginning. Times are uptime.
package struct BeliefPolicy: Sendable {
  private enum Kind {
    case absence, objection

    /// Nil for transient errors.
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

  /// The same answer in consecutive polls. Transient errors neither extend nor end the row, because they say nothing.
  private struct Row {
    let kind: Kind
    let since: Duration
    var looks = 0

    func isEnough(_ looks: Int, at uptime: Duration) -> Bool {
      looks >= kind.needed.looks && uptime - since >= kind.needed.time
    }
  }

  /// Seconds after the first doubtful answer. After the last one the usual pace is enough.
  private static let looks = [1, 3, 7, 15, 31, 60, 90, 120, 150, 180, 240, 300]

  /// The subject was read at least once, by any caller.
  package private(set) var wasRead: Bool
  /// Something of its API was read: the credentials are valid, and it is a Vi API.
  private var apiWasRead: Bool
  private var doubtedSince: Duration?
  private var row: Row?

  package init(wasRead: Bool = false, apiWasRead: Bool = false) {
    (self.wasRead, self.apiWasRead) = (wasRead, apiWasRead || wasRead)
  }

  /// The last answer was an error.
  package var isInDoubt: Bool { doubtedSince != nil }

  /// Notes a valid answer.
  package mutating func read() {
    self = BeliefPolicy(wasRead: true)
  }

  /// Notes a valid answer of the same API about another subject.
  package mutating func readElsewhere() {
    apiWasRead = true
  }

  /// Notes an error; returns true if it is believed.
  package mutating func failed(_ error: SourceError, at uptime: Duration) -> Bool {
    if doubtedSince == nil { doubtedSince = uptime }
    guard let kind = Kind(error) else { return false }
    var row = row.flatMap { $0.kind == kind ? $0 : nil } ?? Row(kind: kind, since: uptime)
    row.looks += 1
    self.row = row
    if !isKnown(error) { return true }
    return row.isEnough(row.looks, at: uptime)
  }

  /// Whether the subject that this error denies was seen before.
  private func isKnown(_ error: SourceError) -> Bool {
    switch error {
    case .noSuchRun, .unreadable: wasRead
    default: apiWasRead
    }
  }

  /// Whether the last answer was "no such run", and whether the next one like it would be believed.
  package func absence(at uptime: Duration) -> (isClaimed: Bool, isNearBelief: Bool) {
    guard let row, row.kind == .absence else { return (false, false) }
    return (true, row.isEnough(row.looks + 1, at: uptime))
  }

  /// The time of the next poll because of a doubt; nil without a doubt, or if an early poll wouldn't end it.
  package func nextLook(after uptime: Duration) -> Duration? {
    guard let doubtedSince else { return nil }
    return Self.looks.lazy.map { doubtedSince + .seconds($0) }.first { $0 > uptime }
  }
}
