/// How long things take, in buckets that Prometheus makes quantiles of.
package struct Histogram: Metric {
  /// From a receiver in the same rack to a hook that runs for an hour: upper bounds in seconds.
  private static let bounds: [(seconds: Double, text: String)] = [
    (0.01, "0.01"), (0.05, "0.05"), (0.1, "0.1"), (0.5, "0.5"), (1, "1"), (5, "5"), (15, "15"), (30, "30"), (60, "60"),
    (300, "300"), (600, "600"), (3_600, "3600"),
  ]

  private let name: String
  private let help: String
  /// One for each bound and one for what is above all.
  private let buckets = (0...bounds.count).map { _ in Series() }
  /// Of all durations, in microseconds: 580,000 years of them before it begins anew.
  private let sum = Series()

  init(_ name: String, _ help: String) {
    self.name = MetricName.prefixed(name)
    self.help = help
  }

  package var count: UInt64 { buckets.reduce(0) { $0 + $1.value } }

  package func record(_ duration: Duration) {
    let parts = max(duration, .zero).components
    let seconds = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    buckets[Self.bounds.firstIndex { seconds <= $0.seconds } ?? Self.bounds.count].add(1)
    sum.add(Int(seconds * 1_000_000))
  }

  var samples: [Sample] { samples(with: []) }

  /// Buckets hold what is at most their bound (`le`), so that each counts those before it as well.
  ///
  /// - Parameter others: labels before its own.
  func samples(with others: [Sample.Label]) -> [Sample] {
    var total: UInt64 = 0
    let counts = zip(buckets, Self.bounds.map(\.text) + ["+Inf"]).map { bucket, bound in
      total += bucket.value
      return sample("_bucket", others + [.init(name: "le", value: bound)], Double(total))
    }
    return counts + [
      sample("_sum", others, Double(sum.value) / 1_000_000), sample("_count", others, Double(total)),
    ]
  }

  private func sample(_ suffix: String, _ labels: [Sample.Label], _ value: Double) -> Sample {
    Sample(name: name + suffix, family: name, kind: .histogram, help: help, labels: labels, value: value)
  }
}

/// The same for each of some types that are known when the program starts, and `other` for what is none of them.
package struct TypedHistogram: Metric {
  private let types: [(name: String, histogram: Histogram)]
  private let other: Histogram

  init(_ name: String, _ help: String, types: [String]) {
    self.types = types.map { ($0, Histogram(name, help)) }
    other = Histogram(name, help)
  }

  package func record(_ duration: Duration, type: String) {
    histogram(type).record(duration)
  }

  package func count(type: String) -> UInt64 { histogram(type).count }

  private func histogram(_ type: String) -> Histogram {
    types.first { $0.name == type }?.histogram ?? other
  }

  var samples: [Sample] {
    (types + [("other", other)]).flatMap { $0.histogram.samples(with: [.init(name: "type", value: $0.name)]) }
  }
}
