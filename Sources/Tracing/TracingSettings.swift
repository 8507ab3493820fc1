internal import HTTPSyntax

/// What the environment says of traces, in the variables that every program with OpenTelemetry understands
/// (opentelemetry.io/docs/specs/otel/protocol/exporter and …/configuration/sdk-environment-variables). An empty variable is as good as
/// none.
package struct TracingSettings: Sendable {
  /// `description` is a clause with the name of the variable and what to do, and never its value.
  package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
  }

  package static let usualTimeout: Duration = .seconds(10)

  /// Where spans are posted to.
  package let url: String
  /// Scheme, host and port of it, to be shown.
  package let origin: String
  package let headers: [(name: String, value: String)]
  package let timeout: Duration
  package let resource: [(key: String, value: String)]

  /// What must not be shown.
  package var secrets: [String] {
    headers.flatMap { header in
      // Of `Bearer TOKEN` the token alone, too.
      [header.value] + (header.value.split(separator: " ").dropFirst().last.map { [String($0)] } ?? [])
    }
  }

  /// Nil settings: nobody wants traces. Warnings say what is not as the user may think, in clauses.
  ///
  /// - Parameter version: of this program.
  package static func read(
    _ environment: [String: String], version: String = ""
  ) throws(Fault) -> (settings: TracingSettings?, warnings: [String]) {
    var warnings: [String] = []
    return (try TracingSettings(environment, version, &warnings), warnings)
  }

  private init?(_ environment: [String: String], _ version: String, _ warnings: inout [String]) throws(Fault) {
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    /// The variable for traces alone comes before the one for everything.
    func setting(_ word: String) -> (name: String, value: String)? {
      for name in ["OTEL_EXPORTER_OTLP_TRACES_\(word)", "OTEL_EXPORTER_OTLP_\(word)"] {
        if let value = value(name) { return (name, value) }
      }
      return nil
    }
    if value("OTEL_SDK_DISABLED")?.lowercased() == "true" { return nil }
    guard let endpoint = setting("ENDPOINT") else { return nil }
    let exporters = (value("OTEL_TRACES_EXPORTER") ?? "otlp").split(separator: ",").map(Self.trimmed)
    guard exporters.contains("otlp") else {
      // `none` is what people write who want none.
      if exporters != ["none"] {
        warnings.append(
          "OTEL_TRACES_EXPORTER names no exporter that vi-notify has, which is otlp, so there are no traces")
      }
      return nil
    }
    (url, origin) = try Self.address(endpoint.value, endpoint.name)
    if let pair = setting("PROTOCOL"), pair.value != "http/json" {
      warnings.append("\(pair.name) is \(pair.value), but vi-notify speaks http/json only, and does so")
    }
    headers = try setting("HEADERS").map { pair throws(Fault) in try Self.headers(pair.value, pair.name) } ?? []
    var timeout = Self.usualTimeout
    if let pair = setting("TIMEOUT") {
      if let milliseconds = Int64(pair.value), (1...3_600_000).contains(milliseconds) {
        timeout = .milliseconds(milliseconds)
      } else {
        warnings.append("\(pair.name) is no number of milliseconds from 1 to 3600000, so 10000 is used")
      }
    }
    self.timeout = timeout
    var resource: [(key: String, value: String)] = []
    if let text = value("OTEL_RESOURCE_ATTRIBUTES") {
      if let pairs = Self.pairs(text) {
        resource = pairs.filter { $0.key != "service.name" || value("OTEL_SERVICE_NAME") == nil }
      } else {
        warnings.append("OTEL_RESOURCE_ATTRIBUTES is no list like key=value,key=value, and is ignored")
      }
    }
    if let name = value("OTEL_SERVICE_NAME") { resource.insert(("service.name", name), at: 0) }
    if !resource.contains(where: { $0.key == "service.name" }) { resource.insert(("service.name", "vi-notify"), at: 0) }
    if !version.isEmpty, !resource.contains(where: { $0.key == "service.version" }) {
      resource.append(("service.version", version))
    }
    self.resource = resource
  }

  /// What is for everything has the path of traces behind its own; what is for traces alone is used as it is.
  private static func address(_ text: String, _ name: String) throws(Fault) -> (url: String, origin: String) {
    let isBase = name == "OTEL_EXPORTER_OTLP_ENDPOINT"
    let url = isBase ? text + (text.hasSuffix("/") ? "" : "/") + "v1/traces" : text
    do throws(URLProblem) {
      let parsed = try HTTPURL(url)
      // A query or a fragment would swallow the path that is put behind it.
      guard !isBase || !text.contains(where: { $0 == "?" || $0 == "#" }) else { throw URLProblem.notAURL }
      return (url, parsed.origin)
    } catch {
      throw Fault(
        description: "\(name) \(error); set it to an address such as http://127.0.0.1:4318, or unset it for no traces")
    }
  }

  private static func headers(_ text: String, _ name: String) throws(Fault) -> [(name: String, value: String)] {
    let example = "write it like authorization=Bearer%20TOKEN,other=value"
    guard let pairs = pairs(text) else {
      throw Fault(description: "\(name) is no list of headers; \(example)")
    }
    for pair in pairs {
      let lower = pair.key.lowercased()
      guard HTTPHeader.isToken(pair.key), HTTPHeader.isValue(pair.value),
        !HTTPHeader.ofTransport.contains(lower), lower != "content-type"
      else { throw Fault(description: "\(name) has a header that can't be sent; \(example)") }
    }
    return pairs.map { ($0.key, $0.value) }
  }

  /// `key=value,key=value`, with values in percent-encoding. Nil: it is something else.
  private static func pairs(_ text: String) -> [(key: String, value: String)]? {
    var pairs: [(key: String, value: String)] = []
    for part in text.split(separator: ",") where !trimmed(part).isEmpty {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = trimmed(sides[0])
      guard sides.count == 2, !key.isEmpty, let value = decoded(trimmed(sides[1])) else { return nil }
      pairs.append((key, value))
    }
    return pairs
  }

  private static func trimmed(_ text: Substring) -> String {
    var rest = text.drop { $0.isWhitespace }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }

  /// Nil if an escape is incomplete or the result isn't UTF-8.
  private static func decoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
