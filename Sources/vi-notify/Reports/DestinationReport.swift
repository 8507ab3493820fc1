import Storage

/// What holds destinations back, one line each; empty for those that deliver.
enum DestinationReport {
  static func lines(_ targets: Set<Target>, _ waits: WaitReport, _ time: PeopleTime) -> [String] {
    targets.sorted().compactMap { target in
      waits.wait(of: target).flatMap { words($0, time) }.map { "\(target.name): \($0)" }
    }
  }

  /// Nil: each delivery's line says it.
  private static func words(_ wait: Wait, _ time: PeopleTime) -> String? {
    switch wait {
    case .stopped(let since, let reason, let next):
      let probe = next.map { ", next probe \(time.inWords($0))" } ?? ""
      return "stopped since \(time.inWords(since)): \(reason)\(probe); replay --now probes it at once"
    case .held(let until): return "held until \(time.inWords(until)) at its request; replay --now probes it at once"
    case .failing(let failures, let next):
      let probe = next.map { ", next probe \(time.inWords($0))" } ?? ""
      return "failing, \(failures) in a row\(probe)"
    default: return nil
    }
  }
}
