import Synchronization

/// A number that goes up and down: how many there are, or when something happened.
package struct Gauge: Metric {
  private let name: String
  private let help: String
  private let place = Place()

  init(_ name: String, _ help: String) {
    self.name = MetricName.prefixed(name)
    self.help = help
  }

  package var value: Double { Double(bitPattern: place.bits.load(ordering: .relaxed)) }

  package func set(_ value: Double) {
    place.bits.store(value.bitPattern, ordering: .relaxed)
  }

  var samples: [Sample] { [Sample(name: name, kind: .gauge, help: help, labels: [], value: value)] }

  /// An atomic can't be moved. The bits of 0.0 are 0.
  private final class Place: Sendable {
    let bits = Atomic<UInt64>(0)
  }
}
