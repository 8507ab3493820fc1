internal import Glibc
internal import Locking

/// A proxy on 127.0.0.1 before a Unix socket, which cuts connections when it is told to.
package final class DroppingProxy: Sendable {
  package enum Verdict: Sendable {
    case pass
    /// What came is thrown away, and the connection is cut.
    case cut
    /// What came goes on; the connection is cut instead of the answer.
    case cutAnswer
  }

  /// Closed when neither direction uses them any more. If one direction closed them for both, the system could give their numbers to the
  /// next connection, and what the other direction had just received would be sent into that: a statement in a session of another.
  private final class Pair: Sendable {
    let client: Int32
    let server: Int32

    init(client: Int32, server: Int32) { (self.client, self.server) = (client, server) }

    deinit {
      close(client)
      close(server)
    }
  }

  package let port: Int
  private let listener: Int32
  private let target: String
  private let judge: Locked<@Sendable (_ bytes: [UInt8]) -> Verdict>

  /// - Parameter target: the path of the socket behind it.
  package init(_ target: String) throws {
    self.target = target
    listener = try Sockets.listen()
    port = Int(Sockets.port(of: listener))
    judge = Locked({ @Sendable (_: [UInt8]) -> Verdict in .pass })
    try onThread { [listener, target, judge] in
      while case let client = accept(listener, nil, nil), client >= 0 {
        guard let server = Self.connect(target) else {
          close(client)
          continue
        }
        let (pair, isAnswerCut) = (Pair(client: client, server: server), Locked(false))
        try? onThread {
          Self.pump(pair.client, pair.server) { bytes in
            switch judge.withLock({ $0 })(bytes) {
            case .pass: return true
            case .cut: return false
            case .cutAnswer:
              isAnswerCut.withLock { $0 = true }
              return true
            }
          }
        }
        try? onThread {
          Self.pump(pair.server, pair.client) { _ in !isAnswerCut.withLock { $0 } }
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// What becomes of what clients send, from now on.
  package func judge(_ judge: @escaping @Sendable (_ bytes: [UInt8]) -> Verdict) {
    self.judge.withLock { $0 = judge }
  }

  /// Until one end closes or `mayPass` says no; then both are shut.
  private static func pump(_ from: Int32, _ to: Int32, _ mayPass: ([UInt8]) -> Bool) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    loop: while case let count = recv(from, &chunk, chunk.count, 0), count > 0 {
      guard mayPass(Array(chunk[..<count])) else { break }
      var sent = 0
      while sent < count {
        let next = chunk.withUnsafeBytes {
          send(to, $0.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
        }
        guard next > 0 else { break loop }
        sent += next
      }
    }
    shutdown(from, Int32(SHUT_RDWR))
    shutdown(to, Int32(SHUT_RDWR))
  }

  private static func connect(_ path: String) -> Int32? {
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let code = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if code == 0 { return socket }
    close(socket)
    return nil
  }
}
