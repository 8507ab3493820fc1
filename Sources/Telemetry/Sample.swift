/// One series at one moment.
package struct Sample: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  package struct Label: Sendable, Equatable {
    package let name: String
    package let value: String
  }

  /// With the program's prefix, as Prometheus names them: `vi_notify_attempts_total`.
  package let name: String
  /// Of the whole metric: a histogram's samples have one kind and three names.
  package let kind: Kind
  package let help: String
  package let labels: [Label]
  package let value: Double
}

/// What ``Telemetry/snapshot`` finds.
protocol Metric: Sendable {
  var samples: [Sample] { get }
}

enum MetricName {
  static func prefixed(_ name: String) -> String { "vi_notify_" + name }
}
