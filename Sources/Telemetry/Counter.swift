import Synchronization

/// A counter with a series for every word of its label.
///
/// Adding is one relaxed atomic addition on memory that nobody else's counter shares a lock with: nothing orders by it,
/// and only the sum matters.
package struct Counter<Label: MetricLabel>: Metric {
  private let name: String
  private let help: String
  private let series: [Series]

  /// - Parameters:
  ///   - name: without the prefix, ending in `_total` (Prometheus, "Metric and label naming").
  ///   - help: a sentence.
  init(_ name: String, _ help: String) {
    self.name = MetricName.prefixed(name)
    self.help = help
    series = Label.allCases.map { Series($0) }
  }

  package func add(_ count: Int = 1, to label: Label) {
    // A closed set of a few words: walking over it costs less than hashing them.
    for series in series where series.label == label.rawValue { series.add(count) }
  }

  package func value(_ label: Label) -> UInt64 {
    series.first { $0.label == label.rawValue }?.value ?? 0
  }

  var samples: [Sample] { samples(with: []) }

  /// - Parameter others: labels before its own.
  func samples(with others: [Sample.Label]) -> [Sample] {
    series.map { series in
      let own = series.label.isEmpty ? [] : [Sample.Label(name: Label.label, value: series.label)]
      return Sample(name: name, kind: .counter, help: help, labels: others + own, value: Double(series.value))
    }
  }
}

extension Counter where Label == Single {
  package func add(_ count: Int = 1) {
    add(count, to: .only)
  }
}

/// The same for each of some types that are known when the program starts, and `other` for what is none of them.
package struct TypedCounter<Label: MetricLabel>: Metric {
  private let types: [(name: String, counter: Counter<Label>)]
  private let other: Counter<Label>

  init(_ name: String, _ help: String, types: [String]) {
    self.types = types.map { ($0, Counter(name, help)) }
    other = Counter(name, help)
  }

  package func add(_ count: Int = 1, to label: Label, type: String) {
    counter(type).add(count, to: label)
  }

  package func value(_ label: Label, type: String) -> UInt64 {
    counter(type).value(label)
  }

  private func counter(_ type: String) -> Counter<Label> {
    types.first { $0.name == type }?.counter ?? other
  }

  var samples: [Sample] {
    (types + [("other", other)]).flatMap { $0.counter.samples(with: [.init(name: "type", value: $0.name)]) }
  }
}

/// An atomic can't be moved, so that each has a place of its own.
final class Series: Sendable {
  let label: String
  private let count = Atomic<UInt64>(0)

  init(_ label: some MetricLabel) {
    self.label = label.rawValue
  }

  init() {
    label = ""
  }

  var value: UInt64 { count.load(ordering: .relaxed) }

  /// - Parameter added: 0 or more; a counter doesn't go back.
  func add(_ added: Int) {
    guard added > 0 else { return }
    count.wrappingAdd(UInt64(added), ordering: .relaxed)
  }
}
