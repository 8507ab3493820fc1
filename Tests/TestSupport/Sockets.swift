import Glibc

/// The few calls for sockets on 127.0.0.1 that tests make.
package enum Sockets {
  /// On a port that the system chooses.
  package static func listen() throws -> Int32 {
    let listener = try bound()
    guard Glibc.listen(listener, 128) == 0 else { throw SystemFailure("listen") }
    return listener
  }

  /// A socket with a port of its own, on which nobody listens yet.
  private static func bound() throws -> Int32 {
    let holder = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = loopback(port: 0)
    let bound = withUnsafeBytes(of: &address) {
      bind(holder, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard holder >= 0, bound == 0 else { throw SystemFailure("bind") }
    return holder
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  package static func port(of listener: Int32) -> UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutableBytes(of: &address) {
      _ = getsockname(listener, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
    }
    return UInt16(bigEndian: address.sin_port)
  }

  /// A port that refuses connections: it is ours as long as the tests run, and nobody listens there.
  package static func freePort() throws -> UInt16 {
    port(of: try bound())
  }

  /// A connection to a port of this machine.
  package static func connect(_ port: UInt16) -> Int32? {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = loopback(port: port)
    let isConnected = withUnsafeBytes(of: &address) {
      Glibc.connect(connection, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count)) == 0
    }
    if isConnected { return connection }
    close(connection)
    return nil
  }

  package static func disableDelay(_ connection: Int32) {
    var on: Int32 = 1
    setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  package static func resetOnClose(_ connection: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }
}
