import Testing

@testable import Tracing

@Suite struct TracingSettingsTests {
  private func read(_ environment: [String: String]) throws -> TracingSettings? {
    try TracingSettings.read(environment).settings
  }

  @Test(arguments: [
    [:], ["OTEL_EXPORTER_OTLP_ENDPOINT": ""], ["OTEL_SERVICE_NAME": "x"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://x.example", "OTEL_SDK_DISABLED": "True"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT": "no address", "OTEL_TRACES_EXPORTER": "none"],
  ])
  func `without an address, or switched off, there are no traces`(environment: [String: String]) throws {
    let found = try TracingSettings.read(environment)
    #expect(found.settings == nil && found.warnings.isEmpty)
  }

  @Test(arguments: [
    ("http://c.example:4318", "http://c.example:4318/v1/traces"), ("http://c.example/", "http://c.example/v1/traces"),
    ("https://c.example/otlp", "https://c.example/otlp/v1/traces"),
  ])
  func `the address for everything gets the path of traces`(text: String, url: String) throws {
    #expect(try read(["OTEL_EXPORTER_OTLP_ENDPOINT": text])?.url == url)
  }

  @Test func `what is for traces alone comes first, and its address is used as it is`() throws {
    let settings = try #require(
      try read([
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://all.example",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://one.example/x",
        "OTEL_EXPORTER_OTLP_HEADERS": "a=1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "Authorization=Bearer%20token,b = 2 ",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "2500",
      ]))
    #expect(settings.url == "http://one.example/x" && settings.origin == "http://one.example:80")
    #expect(settings.headers.map { "\($0.name): \($0.value)" } == ["Authorization: Bearer token", "b: 2"])
    #expect(settings.timeout == .milliseconds(2_500))
    #expect(settings.secrets == ["Bearer token", "token", "2"])
  }

  @Test(arguments: [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://SECRET.example"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://SECRET.example?a"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://SECRET example"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "SECRET"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=SECRET%0d%0ab"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "content-length=SECRET"), ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=SECRET%4"),
  ])
  func `what can't be used is an error with the name of the variable, and never its value`(name: String, value: String)
    throws
  {
    let environment = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c.example"].merging([name: value]) { $1 }
    let fault = #expect(throws: TracingSettings.Fault.self) { try read(environment) }
    #expect(fault?.description.hasPrefix(name) == true && fault?.description.contains("SECRET") == false)
  }

  @Test(arguments: [
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/json"),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf", "http/json"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "10000"), ("OTEL_RESOURCE_ATTRIBUTES", "nothing", "ignored"),
  ])
  func `what is ignored is said`(name: String, value: String, words: String) throws {
    let found = try TracingSettings.read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c.example", name: value])
    #expect(found.settings?.timeout == .seconds(10))
    #expect(found.warnings.count == 1 && found.warnings[0].hasPrefix(name) && found.warnings[0].contains(words))
  }

  @Test func `another exporter is said, and there are no traces`() throws {
    let found = try TracingSettings.read([
      "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c.example", "OTEL_TRACES_EXPORTER": "zipkin",
    ])
    #expect(found.settings == nil && found.warnings.count == 1)
    #expect(
      try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c.example", "OTEL_TRACES_EXPORTER": "console, otlp"]) != nil)
  }

  @Test func `the service has the name that it is given, and else ours`() throws {
    func names(_ more: [String: String]) throws -> [String] {
      let all = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c.example"].merging(more) { $1 }
      return try TracingSettings.read(all, version: "1.2").settings?.resource.map { "\($0.key)=\($0.value)" } ?? []
    }
    #expect(try names([:]) == ["service.name=vi-notify", "service.version=1.2"])
    #expect(
      try names(["OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment.name=prod%20eu"])
        == ["service.name=a", "deployment.environment.name=prod eu", "service.version=1.2"])
    #expect(
      try names(["OTEL_RESOURCE_ATTRIBUTES": "service.name=a,service.version=9", "OTEL_SERVICE_NAME": "b"])
        == ["service.name=b", "service.version=9"])
  }
}
