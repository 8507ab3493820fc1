/// What clients may use. A client that uses all of it must not affect the rest of the process.
package struct Limits: Sendable {
  /// Connections at once. A further one replaces the one that has been idle longest.
  package var connections = 256
  /// Requests of one connection.
  package var requests = 10_000
  /// Bytes of a request's line and headers.
  package var head = 16_384
  /// Bytes of a request's body.
  package var body = 65_536
  /// From a request's first byte to its last.
  package var reading: Duration = .seconds(10)
  /// Until an idle connection is closed.
  package var idling: Duration = .seconds(75)
  /// For computing an answer.
  package var answering: Duration = .seconds(30)
  /// For a client to take ``part`` of an answer.
  package var writing: Duration = .seconds(10)
  /// Between two comment lines in a quiet stream, by which a disconnected reader is noticed.
  package var silence: Duration = .seconds(15)
  /// Bytes that are written at once.
  let part = 65_536

  package init() {}
}
