/// A final answer, whatever its status: a 404 is not an error of the transport, and a redirect is an answer.
package struct HTTPResponse: Sendable {
  package let status: Int
  /// The fields of the final answer: without those of 1xx answers and of a proxy's CONNECT, and without trailers.
  package let headers: HTTPHeaders
  /// Decompressed. libcurl 7.88 doesn't notice a compressed stream that ends early within a complete message; the parser of the
  /// body will.
  package let body: [UInt8]
  /// The address and port of the connection, the proxy's if there is one: `127.0.0.1:8080`, `[::1]:8080`.
  package let peer: String?
  /// The reason why the body is incomplete; nil if it is whole, or as much of it as was requested. The head is always complete,
  /// so status and fields are valid even if the body never came.
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

/// Header fields in order of arrival. Names are case-insensitive.
package struct HTTPHeaders: Sendable {
  package private(set) var fields: [(name: String, value: String)]

  package init(_ fields: [(name: String, value: String)] = []) {
    self.fields = fields
  }

  /// The value of the last field with this name.
  package subscript(name: String) -> String? {
    fields.last { isSameName($0.name, name) }?.value
  }

  /// All values of this name, in order of arrival.
  package func all(_ name: String) -> [String] {
    fields.filter { isSameName($0.name, name) }.map(\.value)
  }

  mutating func append(_ name: String, _ value: String) {
    fields.append((name, value))
  }

  /// Appends the continuation of a folded line (RFC 9112, 5.2) to the last field.
  mutating func extendLast(with more: String) {
    guard let last = fields.popLast() else { return }
    fields.append((last.name, last.value.isEmpty ? more : "\(last.value) \(more)"))
  }
}

/// Compares two field names case-insensitively. Names are ASCII.
func isSameName(_ one: String, _ other: String) -> Bool {
  one.utf8.count == other.utf8.count && zip(one.utf8, other.utf8).allSatisfy { lowercased($0) == lowercased($1) }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
