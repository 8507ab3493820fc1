import Glibc

/// How many random histories a model test plays.
///
/// A run that somebody waits for plays a few; with `VI_NOTIFY_THOROUGH` set, as in `.ci/run`, it plays all. A seed that has
/// failed once belongs into the test's own list of regressions, which every run plays.
package enum Effort {
  package static let isThorough = getenv("VI_NOTIFY_THOROUGH") != nil

  package static func seeds(_ few: UInt64, thorough: UInt64) -> Range<UInt64> {
    0..<(isThorough ? thorough : few)
  }
}
