internal import Glibc

/// A listening socket.
///
/// FlyingFox's server doesn't limit what a client may send or how long it may take, so this module uses only its socket pool
/// (FlyingSocks): one epoll for all connections.
package final class Listener: Sendable {
  /// Why an address can't be listened on. `description` is a clause.
  package enum Failure: Error, CustomStringConvertible {
    case notAnAddress(String)
    case inUse
    case refused(String)

    package var description: String {
      switch self {
      case .notAnAddress(let host):
        "\(host) is no address of this machine: give an IPv4 address, an IPv6 address in brackets, or localhost"
      case .inUse: "the port is in use"
      case .refused(let why): why
      }
    }
  }

  let descriptor: Int32
  /// The requested port, or the free one that was taken for 0.
  package let port: UInt16

  /// - Parameter host: an IPv4 or IPv6 address, or `localhost`.
  package init(host: String, port: UInt16) throws(Failure) {
    let ip = host == "localhost" ? "127.0.0.1" : host
    var (four, six) = (sockaddr_in(), sockaddr_in6())
    four.sin_family = sa_family_t(AF_INET)
    four.sin_port = port.bigEndian
    six.sin6_family = sa_family_t(AF_INET6)
    six.sin6_port = port.bigEndian
    if inet_pton(AF_INET, ip, &four.sin_addr) == 1 {
      (descriptor, self.port) = try Self.listen(AF_INET, &four) { UInt16(bigEndian: $0.sin_port) }
    } else if inet_pton(AF_INET6, ip, &six.sin6_addr) == 1 {
      (descriptor, self.port) = try Self.listen(AF_INET6, &six) { UInt16(bigEndian: $0.sin6_port) }
    } else {
      throw .notAnAddress(host)
    }
  }

  deinit { close(descriptor) }

  private static func listen<Address>(
    _ family: Int32, _ address: inout Address, port: (Address) -> UInt16
  ) throws(Failure) -> (Int32, UInt16) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family, kind, 0)
    guard descriptor >= 0 else { throw .refused(String(cString: strerror(errno))) }
    var (one, size) = (Int32(1), socklen_t(MemoryLayout<Address>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    // Accepted sockets inherit it. Without it, the last part of an answer waits for the first one's acknowledgement.
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    // Inherited, too. By default the kernel buffers megabytes for a client that doesn't read, and we would compute them first.
    var buffer: Int32 = 65_536
    for option in [SO_SNDBUF, SO_RCVBUF] {
      setsockopt(descriptor, SOL_SOCKET, option, &buffer, socklen_t(MemoryLayout<Int32>.size))
    }
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) == 0 && Glibc.listen(descriptor, 128) == 0
          && getsockname(descriptor, address, &size) == 0
      }
    }
    guard isListening else {
      let code = errno
      close(descriptor)
      throw code == EADDRINUSE ? .inUse : .refused(String(cString: strerror(code)))
    }
    return (descriptor, port(address))
  }
}
