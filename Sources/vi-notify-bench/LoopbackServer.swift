import Glibc

/// On a port that the system chooses.
func listenOnLoopback(backlog: Int32 = 64) throws(ServerFailure) -> (listener: Int32, port: UInt16) {
  let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard listener >= 0 else { throw ServerFailure("socket") }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isBound = withUnsafeMutablePointer(to: &address) { address in
    address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(listener, $0, size) == 0 && listen(listener, backlog) == 0 && getsockname(listener, $0, &size) == 0
    }
  }
  guard isBound else { throw ServerFailure("bind") }
  return (listener, UInt16(bigEndian: address.sin_port))
}

/// A system call of a server of the bench, or of its start, that failed.
struct ServerFailure: Error, CustomStringConvertible {
  let description: String

  init(_ call: String, number: Int32 = errno) {
    description = "a server of the bench could not start: \(call): \(String(cString: strerror(number)))"
  }
}
