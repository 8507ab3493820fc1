internal import HTTPServing
package import StatusPort

/// The address and token of the status port.
package struct PortSettings: Sendable {
  package let host: String
  package let port: UInt16
  let token: AccessToken?
  let documents: any StatusDocuments
  let version: String

  /// - Parameters:
  ///   - address: `HOST:PORT`; an IPv6 address in brackets; 0 takes a free port.
  ///   - tokenFile: nil if nobody may act.
  /// - Throws: ``Failure`` with `usage` if it isn't an address, or if other machines can reach it and there is no token.
  package init(_ address: String, tokenFile: String?, documents: any StatusDocuments, version: String) throws(Failure) {
    guard let (host, port) = Self.parts(address) else {
      throw Failure(
        .usage, "--listen \(address): give HOST:PORT, such as 127.0.0.1:9469 or [::1]:9469")
    }
    (self.host, self.port, self.documents, self.version) = (host, port, documents, version)
    do throws(AccessToken.Unfit) {
      token = try tokenFile.map { path throws(AccessToken.Unfit) in try AccessToken(file: path) }
    } catch {
      throw Failure(.badConfiguration, "the token file \(tokenFile ?? ""): \(error)")
    }
    if token == nil, !StatusPort.isLoopback(host) {
      throw Failure(
        .usage,
        "--listen \(address) can be reached from other machines, so it needs a token: make one (openssl rand "
          + "-hex 24 > token; chmod 600 token) and give it with --token-file token, or listen on 127.0.0.1:\(port)")
    }
  }

  private static func parts(_ address: String) -> (host: String, port: UInt16)? {
    guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
      return nil
    }
    let host = address[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { return (String(host.dropFirst().dropLast()), port) }
    return host.contains(":") ? nil : (host.isEmpty ? "127.0.0.1" : String(host), port)
  }

  /// Throws ``Failure`` if the address can't be used.
  func listen() throws(Failure) -> Listener {
    do throws(Listener.Failure) {
      return try Listener(host: host, port: port)
    } catch {
      var advice = ""
      if case .inUse = error { advice = "; stop the program that uses it, or choose another with --listen \(shown):0" }
      throw Failure(.sourceUnreachable, "can't listen on \(shown):\(port): \(error)\(advice)")
    }
  }

  var shown: String { host.contains(":") ? "[\(host)]" : host }
}
