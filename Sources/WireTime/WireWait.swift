/// A wait that another machine asks for, clamped to what we accept.
package struct WireWait: Sendable, Equatable {
  /// Who asks. A request longer than ``longest`` most likely confuses milliseconds with seconds, or comes from a broken clock, so
  /// it is cut.
  package enum Asker: Sendable, CaseIterable {
    /// The Vi API. A poll that comes too early costs one request; a poll that never comes hides every run.
    case api
    /// The receiver of a delivery, or the source of a download.
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

  /// A number of seconds, rounded up to whole milliseconds, because an early request would be refused again. Nil if it isn't a
  /// decimal number, or is negative.
  package init?(seconds text: some StringProtocol, by asker: Asker) {
    guard let value = WireNumber.decimal(text), value >= 0 else { return nil }
    self.init(milliseconds: Int64(saturating: (value * 1000).rounded(.up)), by: asker)
  }

  /// From `now` until `moment`, both Unix milliseconds; zero for a moment in the past.
  package init(until moment: Int64, now: Int64, by asker: Asker) {
    self.init(milliseconds: moment.subtractingSaturated(now), by: asker)
  }

  private init(milliseconds: Int64, by asker: Asker) {
    let longest = asker.longest.wholeMilliseconds
    duration = .milliseconds(min(max(0, milliseconds), longest))
    isCut = milliseconds > longest
  }

  /// The longer of two; if equal, the one that was cut.
  package func orLonger(_ other: WireWait) -> WireWait {
    (duration, isCut ? 1 : 0) < (other.duration, other.isCut ? 1 : 0) ? other : self
  }
}
