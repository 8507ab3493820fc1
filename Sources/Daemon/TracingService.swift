internal import Logging
internal import Runs
internal import Secrets
internal import ServiceLifecycle
internal import Telemetry
internal import Tracing
internal import Transport

/// Posts spans until the process ends, and then what is left.
struct TracingService: Service {
  let exporter: SpanExporter

  func run() async throws {
    await withGracefulShutdownHandler {
      await exporter.run()
    } onGracefulShutdown: {
      exporter.stop()
    }
  }
}

extension Traces {
  /// Nil: the environment asks for none. Throws for an address or headers that can't be used.
  init?(
    _ environment: [String: String], _ version: String, redactor: Redactor, _ telemetry: Telemetry, _ http: HTTPClient,
    time: TimeSource, _ log: Logger
  ) throws(Failure) {
    let found: (settings: TracingSettings?, warnings: [String])
    do throws(TracingSettings.Fault) {
      found = try TracingSettings.read(environment, version: version)
    } catch {
      throw Failure(.badConfiguration, "\(error)")
    }
    for warning in found.warnings {
      log.warning("traces are not as the environment asks", metadata: ["why": "\(warning)"])
    }
    guard let settings = found.settings else { return nil }
    for secret in settings.secrets { redactor.add(secret) }
    tracer = Tracer(telemetry)
    exporter = SpanExporter(settings, tracer, http: http, time: time, log: log)
    log.notice("traces are exported", metadata: ["collector": "\(settings.origin)"])
  }
}
