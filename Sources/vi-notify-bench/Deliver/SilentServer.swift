import Glibc

/// Listens, and never takes a connection up: the kernel says yes, and then nothing comes.
final class SilentServer: Sendable {
  let url: String
  private let listener: Int32

  init() throws(ServerFailure) {
    let port: UInt16
    (listener, port) = try listenOnLoopback(backlog: 256)
    url = "http://127.0.0.1:\(port)"
  }

  deinit { close(listener) }
}
