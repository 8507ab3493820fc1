import Glibc
internal import Notation

/// Name lookups that block, for libraries that look names up themselves and can't be asked where they lead.
enum Resolver {
  /// - Parameter host: for the error.
  static func addresses(of name: String, host: String) throws(TransportError) -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &first) == 0 else { throw .couldNotResolve(host: host) }
    defer { freeaddrinfo(first) }
    var found: [IPAddress] = []
    var next = first
    while let entry = next?.pointee {
      if let place = entry.ai_addr, let address = IPAddress(place) { found.append(address) }
      next = entry.ai_next
    }
    return found
  }

  /// Nil for what is no connection.
  static func peer(of socket: Int32) -> IPAddress? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { bytes in
      guard let place = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        getpeername(socket, place, &size) == 0
      else { return nil }
      return IPAddress(UnsafePointer(place))
    }
  }
}
