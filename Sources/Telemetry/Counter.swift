import Synchronization

/// A counter with a series for every word of its label.
///
/// Adding is one relaxed atomic addition on memory that nobody else's counter shares a lock with: nothing orders by it,
/// and only the sum matters. The series is found by the label's place; no text is compared.
package final class Counter<Label: MetricLabel>: Metric {
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
    series[label.place].add(count)
  }

  package func value(_ label: Label) -> UInt64 {
    series[label.place].value
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
///
/// Whoever counts often keeps the counter of a type, or its place, so that the name is looked up once.
package struct TypedCounter<Label: MetricLabel>: Metric {
  private let types: [String]
  /// In the order of `types`; the last is `other`.
  private let counters: [Counter<Label>]

  init(_ name: String, _ help: String, types: [String]) {
    self.types = types
    counters = (0...types.count).map { _ in Counter(name, help) }
  }

  /// - Parameter place: of the type among those that were given; another number: `other`.
  package subscript(place: Int) -> Counter<Label> {
    counters[place >= 0 && place < types.count ? place : types.count]
  }

  package subscript(type: String) -> Counter<Label> {
    self[types.firstIndex(of: type) ?? types.count]
  }

  var samples: [Sample] {
    zip(types + ["other"], counters).flatMap { type, counter in
      counter.samples(with: [.init(name: "type", value: type)])
    }
  }
}

/// An atomic can't be moved, so that each has a place of its own.
final class Series: Sendable {
  let label: String
  private let count = Atomic<UInt64>(0)

  init(_ label: some MetricLabel) {
    self.label = label.word
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
