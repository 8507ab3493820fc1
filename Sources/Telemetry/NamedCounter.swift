internal import Locking

/// A counter with a series for each name of the rules file, which may be read anew: what it doesn't name any more keeps its count.
///
/// Names are looked up under a lock, so this is for what happens once an event, and not once a request.
package struct NamedCounter: Metric {
  /// Names beyond these share the series `other`: a rules file is written by hand, a generated one may hold any number.
  static let capacity = 1_000

  private let name: String
  private let help: String
  private let label: String
  private let series = Locked<[String: Series]>([:])
  private let other = Series()

  /// - Parameter label: how Prometheus is to call what it counts by.
  init(_ name: String, _ help: String, by label: String) {
    self.name = MetricName.prefixed(name)
    self.help = help
    self.label = label
  }

  /// From now on there is a series for each of these, with 0.
  package func know(_ names: some Sequence<String>) {
    series.withLock { series in
      for name in names where series[name] == nil && series.count < Self.capacity { series[name] = Series() }
    }
  }

  package func add(_ count: Int = 1, to name: String) {
    know([name])
    found(name).add(count)
  }

  package func value(_ name: String) -> UInt64 { found(name).value }

  private func found(_ name: String) -> Series {
    series.withLock { $0[name] } ?? other
  }

  var samples: [Sample] {
    let known = series.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value.value) }
    return (known + [("other", other.value)]).map { name, count in
      Sample(
        name: self.name, kind: .counter, help: help, labels: [.init(name: label, value: name)], value: Double(count))
    }
  }
}
