/// The address of a server that doesn't speak HTTP: a scheme, a host and a port, such as `smtp://mail.example.com:587`. The
/// checker of rules files and the transport both use this type.
package struct ServerAddress: Sendable, Hashable {
  /// In lower case.
  package let scheme: String
  /// As written; an IPv6 address in brackets.
  package let host: String
  package let port: Int

  package var text: String { "\(scheme)://\(host):\(port)" }

  /// The host as system calls take it.
  package var bareHost: String { host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host }

  /// - Parameter ports: the schemes that are allowed, each with the port that it stands for where none is written.
  package init(_ text: String, ports: [String: Int]) throws(ServerAddressProblem) {
    guard let mark = text.firstRange(of: "://"), let standard = ports[text[..<mark.lowerBound].lowercased()] else {
      throw .scheme
    }
    var rest = text[mark.upperBound...]
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard !rest.contains("@") else { throw .user }
    guard !rest.contains(where: { "/?#".contains($0) }) else { throw .path }
    let (clear, secure): (HTTPURL, HTTPURL)
    do throws(URLProblem) {
      (clear, secure) = (try HTTPURL("http://\(rest)"), try HTTPURL("https://\(rest)"))
    } catch {
      throw .url(error)
    }
    scheme = text[..<mark.lowerBound].lowercased()
    host = clear.host
    // Where none is written, each scheme has its own.
    let ports = [clear, secure].map { $0.origin.split(separator: ":").last.flatMap { Int($0) } }
    port = ports[0] == ports[1] ? ports[0] ?? standard : standard
  }
}

/// What is wrong with the address of a server. The description is a clause that doesn't show it.
package enum ServerAddressProblem: Error, Sendable, Equatable, CustomStringConvertible {
  case scheme
  case user
  case path
  case url(URLProblem)

  package var description: String {
    switch self {
    case .scheme: "begins with another scheme than it must"
    case .user: "holds a user name or password, which have fields of their own"
    case .path: "has more than a host and a port"
    case .url(let problem): problem.description
    }
  }
}
