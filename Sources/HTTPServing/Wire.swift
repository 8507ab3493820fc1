internal import FlyingSocks
internal import Glibc

/// One end of a connection.
struct Wire: Sendable {
  /// The peer closed the connection, or it broke.
  struct Gone: Error {}

  private static let readSize = 16_384

  let descriptor: Int32
  private let pool: any AsyncSocketPool

  init(_ descriptor: Int32, _ pool: any AsyncSocketPool) {
    (self.descriptor, self.pool) = (descriptor, pool)
  }

  private var socket: Socket { Socket(file: .init(rawValue: descriptor)) }

  /// The address of the other end, without its port; empty if it is gone already.
  var peer: String {
    switch try? socket.remotePeer() {
    case .ip4(let address, _), .ip6(let address, _): address
    case .unix, nil: ""
    }
  }

  /// The next bytes, at least one.
  func read() async throws -> [UInt8] {
    while true {
      try Task.checkCancellation()
      var code: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, count in
        let got = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        code = got < 0 ? errno : 0
        count = max(0, got)
      }
      if !bytes.isEmpty { return bytes }
      switch code {
      case EAGAIN: try await pool.suspendSocket(socket, untilReadyFor: .read)
      case EINTR: continue
      default: throw Gone()
      }
    }
  }

  /// Returns when the kernel has taken all of them.
  func write(_ bytes: ArraySlice<UInt8>) async throws {
    var rest = bytes
    while !rest.isEmpty {
      try Task.checkCancellation()
      let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if sent > 0 {
        rest = rest.dropFirst(sent)
      } else if errno == EAGAIN {
        try await pool.suspendSocket(socket, untilReadyFor: .write)
      } else if errno != EINTR {
        throw Gone()
      }
    }
  }

  /// Shuts the connection down, so that pending reads and writes end. The descriptor stays open.
  func end() {
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  func close() {
    Glibc.close(descriptor)
  }
}
