package import Telemetry

/// Samples as Prometheus reads them: the text format 0.0.4, or OpenMetrics 1.0 where a scraper asks for that.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/
package enum Exposition: Sendable {
  case text, openMetrics

  /// - Parameter accept: of the request. The older format is the default, because every scraper reads it.
  package init(accept: String?) {
    let wanted = (accept ?? "").split(separator: ",").first { type in
      let parts = type.split(separator: ";").map { $0.filter { $0 != " " } }
      return parts.first == "application/openmetrics-text" && !parts.contains("q=0")
    }
    self = wanted == nil ? .text : .openMetrics
  }

  package var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The samples of a family stand together, in the order in which the families come first.
  package func write(_ samples: [Sample]) -> [UInt8] {
    var families: [String] = []
    var members: [String: [Sample]] = [:]
    for sample in samples {
      if members[sample.family] == nil { families.append(sample.family) }
      members[sample.family, default: []].append(sample)
    }
    var text = ""
    for family in families {
      let samples = members[family] ?? []
      guard let first = samples.first else { continue }
      let name = name(of: first)
      text += "# HELP \(name) \(Self.escaped(first.help, quotes: self == .openMetrics))\n"
      text += "# TYPE \(name) \(first.kind.rawValue)\n"
      for sample in samples { text += line(sample) }
    }
    if self == .openMetrics { text += "# EOF\n" }
    return Array(text.utf8)
  }

  /// In OpenMetrics, a counter's name lacks its samples' suffix.
  private func name(of sample: Sample) -> String {
    let hasEnding = self == .openMetrics && sample.kind == .counter && sample.family.hasSuffix("_total")
    return hasEnding ? String(sample.family.dropLast("_total".count)) : sample.family
  }

  private func line(_ sample: Sample) -> String {
    let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
    let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
    return "\(sample.name)\(braces) \(Self.number(sample.value))\n"
  }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
