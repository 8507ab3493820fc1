internal import EventPatterns
package import Runs

/// `watch.match`: which runs are watched at all.
package struct RunFilter: Sendable {
  private let patterns: PatternSet

  /// Throws what makes the pattern too complex.
  init(_ pattern: EventPattern) throws(PatternSetError) {
    patterns = try PatternSet([pattern])
  }

  /// Whether the run of this event is watched. An event that is no JSON is none of ours.
  package func admits(_ event: RunEvent) -> Bool {
    var matcher = patterns.makeMatcher(keysAreUnique: event.hasUniqueKeys)
    return event.data.withUnsafeBytes { (try? matcher.matches($0)) ?? [] }.isEmpty == false
  }
}
