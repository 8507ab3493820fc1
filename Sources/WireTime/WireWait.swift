/// How long somebody else asks us to wait, held to what we are ready to.
package struct WireWait: Sendable, Equatable {
  /// Who asks. Nobody may silence us for longer than ``longest``: whoever asks for more has most likely mistaken milliseconds
  /// for seconds, or has a broken clock.
  package enum Asker: Sendable, CaseIterable {
    /// The Vi API. A look that comes too early costs one request; one that never comes hides every run.
    case api
    /// Whoever a delivery goes to, or a download comes from.
    case receiver

    package var longest: Duration {
      switch self {
      case .api: .seconds(900)
      case .receiver: .seconds(86_400)
      }
    }
  }

  /// 0 to the asker's ``Asker/longest``, in whole milliseconds.
  package let duration: Duration
  /// More was asked for.
  package let isCut: Bool

  /// A number of seconds, rounded up to whole milliseconds as a moment too early is refused again. Nil for what is no decimal
  /// number, and for less than 0.
  package init?(seconds text: some StringProtocol, by asker: Asker) {
    guard let value = WireNumber.decimal(text), value >= 0 else { return nil }
    self.init(milliseconds: Int64(saturating: (value * 1000).rounded(.up)), by: asker)
  }

  /// From `now` until `moment`, both Unix milliseconds; nothing for a moment that has passed.
  package init(until moment: Int64, now: Int64, by asker: Asker) {
    self.init(milliseconds: moment.subtractingSaturated(now), by: asker)
  }

  private init(milliseconds: Int64, by asker: Asker) {
    let longest = asker.longest.wholeMilliseconds
    duration = .milliseconds(min(max(0, milliseconds), longest))
    isCut = milliseconds > longest
  }

  /// The longer of two; of equal ones that which was cut.
  package func orLonger(_ other: WireWait) -> WireWait {
    (duration, isCut ? 1 : 0) < (other.duration, other.isCut ? 1 : 0) ? other : self
  }
}
