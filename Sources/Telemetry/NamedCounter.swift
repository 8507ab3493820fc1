internal import Locking

/// A counter with a series for each name in the rules file. After a reload, names that are gone keep their counts.
///
/// Names are looked up under a lock, so use it for events, not on the hot path of deliveries.
package struct NamedCounter: Metric {
  /// Further names share the series `other`, because a generated rules file may contain any number.
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

  /// Creates a series with 0 for each of these names.
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
