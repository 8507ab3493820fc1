/// Which settings of a connection a type of destination has.
enum ConnectionKind: Sendable {
  /// All of them.
  case http
  /// Those of TLS and of addresses, and none of HTTP.
  case socket
  /// None: it is on this machine.
  case local
}

extension Shape where Target == HTTPSettings {
  /// The fields that types with this kind of connection have.
  static func connection(_ kind: ConnectionKind) -> Shape {
    switch kind {
    case .http: http
    case .socket: Shape(says: "", fields: http.fields.filter { !ofHTTP.contains($0.key) }, beside: http.beside)
    case .local: Shape(says: "", fields: [])
    }
  }

  private static let ofHTTP = ["headers", "http2"]
}
