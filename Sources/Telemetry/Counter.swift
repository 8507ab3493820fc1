import Synchronization

/// A closed set of words that tell the series of one counter apart.
package protocol MetricLabel: CaseIterable, RawRepresentable, Sendable where RawValue == String {}

/// The label of counters that have one series only.
package enum Single: String, MetricLabel {
  case only = ""
}

/// A counter with a series for every word of its label.
///
/// Adding is one relaxed atomic addition on memory that nobody else's counter shares a lock with: nothing orders by it,
/// and only the sum matters.
package struct Counter<Label: MetricLabel>: Sendable {
  package static var prefix: String { "vi_notify_" }

  private let name: String
  private let help: String
  private let label: String?
  private let series: [Series]

  /// - Parameters:
  ///   - name: without the prefix, ending in `_total` (Prometheus, "Metric and label naming").
  ///   - help: a sentence.
  ///   - label: nil for ``Single``.
  init(_ name: String, _ help: String, label: String? = nil) {
    self.name = Self.prefix + name
    self.help = help
    self.label = label
    series = Label.allCases.map { Series($0) }
  }

  package func add(_ count: Int = 1, to label: Label) {
    // A closed set of a few words: walking over it costs less than hashing them.
    for series in series where series.label == label.rawValue { series.add(count) }
  }

  package func value(_ label: Label) -> UInt64 {
    series.first { $0.label == label.rawValue }?.value ?? 0
  }

  var samples: [Sample] {
    series.map { Sample(name: name, help: help, label: label, labelValue: $0.label, value: $0.value) }
  }
}

extension Counter where Label == Single {
  package func add(_ count: Int = 1) {
    add(count, to: .only)
  }
}

/// An atomic can't be moved, so that each has a place of its own.
private final class Series: Sendable {
  let label: String
  private let count = Atomic<UInt64>(0)

  init(_ label: some MetricLabel) {
    self.label = label.rawValue
  }

  var value: UInt64 { count.load(ordering: .relaxed) }

  /// - Parameter added: 0 or more; a counter doesn't go back.
  func add(_ added: Int) {
    guard added > 0 else { return }
    count.wrappingAdd(UInt64(added), ordering: .relaxed)
  }
}
