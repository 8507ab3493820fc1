/// One series at one moment.
package struct Sample: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  package struct Label: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      (self.name, self.value) = (name, value)
    }
  }

  /// With the program's prefix, as Prometheus names them: `vi_notify_attempts_total`.
  package let name: String
  /// The metric that it belongs to: the samples of a histogram have one family and three names.
  package let family: String
  package let kind: Kind
  package let help: String
  package let labels: [Label]
  package let value: Double

  init(name: String, family: String? = nil, kind: Kind, help: String, labels: [Label], value: Double) {
    (self.name, self.family, self.kind, self.help) = (name, family ?? name, kind, help)
    (self.labels, self.value) = (labels, value)
  }

  /// What is not counted but read when somebody asks: how many rows there are, what the machine says of the process.
  ///
  /// - Parameter name: as it is shown, with its prefix if it has one.
  package static func read(
    _ name: String, _ help: String, _ value: Double, kind: Kind = .gauge, labels: [Label] = []
  ) -> Sample {
    Sample(name: name, kind: kind, help: help, labels: labels, value: value)
  }
}

/// What ``Telemetry/snapshot`` finds.
protocol Metric: Sendable {
  var samples: [Sample] { get }
}

enum MetricName {
  static func prefixed(_ name: String) -> String { "vi_notify_" + name }
}
