internal import Delivery
internal import ServiceLifecycle

/// Delivers. When the dispatcher has come to the end that was set for it, the process has nothing left to do.
struct DeliveryService: Service {
  let dispatcher: Dispatcher
  let shutdown: Shutdown

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await dispatcher.run()
    } onGracefulShutdown: {
      dispatcher.stop()
    }
    await shutdown.request()
    try await gracefulShutdown()
  }
}
