/// A final answer, whatever its status: a 404 is not an error of the transport, and a redirect is an answer.
package struct HTTPResponse: Sendable {
  package let status: Int
  /// The final answer's: those of 1xx answers, of a proxy's CONNECT, and trailers are left out.
  package let headers: HTTPHeaders
  /// Decompressed. A compressed stream that stops too early within a complete message goes unnoticed by libcurl 7.88: whoever
  /// parses this finds out.
  package let body: [UInt8]
  /// Address and port that the connection led to, the proxy's if there is one: `127.0.0.1:8080`, `[::1]:8080`.
  package let peer: String?
  /// What kept the body from being whole; nil: it is whole, or as much of it as was asked for. The head is always whole, so that
  /// the status and the fields count, also where the body never came.
  package let bodyFault: TransportError?

  package init(
    status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [], peer: String? = nil,
    bodyFault: TransportError? = nil
  ) {
    self.bodyFault = bodyFault
    self.status = status
    self.headers = headers
    self.body = body
    self.peer = peer
  }
}

/// Header fields in the order they came. Names are compared without regard to case.
package struct HTTPHeaders: Sendable {
  package private(set) var fields: [(name: String, value: String)]

  package init(_ fields: [(name: String, value: String)] = []) {
    self.fields = fields
  }

  /// The value of the last field of this name.
  package subscript(name: String) -> String? {
    fields.last { isSameName($0.name, name) }?.value
  }

  /// Every value of this name, first come first.
  package func all(_ name: String) -> [String] {
    fields.filter { isSameName($0.name, name) }.map(\.value)
  }

  mutating func append(_ name: String, _ value: String) {
    fields.append((name, value))
  }

  /// Adds to the last field what a folded line (RFC 9112, 5.2) carries on with.
  mutating func extendLast(with more: String) {
    guard let last = fields.popLast() else { return }
    fields.append((last.name, last.value.isEmpty ? more : "\(last.value) \(more)"))
  }
}

/// Whether two field names are one, without regard to case. Names are ASCII.
func isSameName(_ one: String, _ other: String) -> Bool {
  one.utf8.count == other.utf8.count && zip(one.utf8, other.utf8).allSatisfy { lowercased($0) == lowercased($1) }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
