/// How long things take, in buckets that Prometheus makes quantiles of.
package final class Histogram: Metric {
  /// From a receiver in the same rack to a hook that runs for an hour: upper bounds in seconds.
  private static let bounds: [(seconds: Double, text: String)] = [
    (0.01, "0.01"), (0.05, "0.05"), (0.1, "0.1"), (0.5, "0.5"), (1, "1"), (5, "5"), (15, "15"), (30, "30"), (60, "60"),
    (300, "300"), (600, "600"), (3_600, "3600"),
  ]

  /// The same in microseconds, apart from their texts: a record walks over nothing but numbers.
  private static let limits = bounds.map { Int64($0.seconds * 1_000_000) }
  /// A duration counts as this at most, so that its microseconds fit: about 30,000 years.
  private static let longest: Int64 = 1_000_000_000_000

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
    let (seconds, attoseconds) = max(duration, .zero).components
    let (microseconds, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000)
    let whole = min(seconds, Self.longest) * 1_000_000 + microseconds
    // What is a little more than a bound is above it.
    let rounded = rest > 0 ? whole + 1 : whole
    let limits = Self.limits
    var place = 0
    while place < limits.count, rounded > limits[place] { place += 1 }
    buckets[place].add(1)
    sum.add(Int(whole))
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
  private let types: [String]
  /// In the order of `types`; the last is `other`.
  private let histograms: [Histogram]

  init(_ name: String, _ help: String, types: [String]) {
    self.types = types
    histograms = (0...types.count).map { _ in Histogram(name, help) }
  }

  /// - Parameter place: of the type among those that were given; another number: `other`.
  package subscript(place: Int) -> Histogram {
    histograms[place >= 0 && place < types.count ? place : types.count]
  }

  package subscript(type: String) -> Histogram {
    self[types.firstIndex(of: type) ?? types.count]
  }

  var samples: [Sample] {
    zip(types + ["other"], histograms).flatMap { type, histogram in
      histogram.samples(with: [.init(name: "type", value: type)])
    }
  }
}
