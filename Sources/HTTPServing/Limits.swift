/// What a server grants its clients. A stranger who uses all of it must not be noticed by what else the process does.
package struct Limits: Sendable {
  /// Connections at once. One more takes the place of the one that has asked for nothing for the longest.
  package var connections = 256
  /// Requests of one connection.
  package var requests = 10_000
  /// Bytes of a request's line and headers.
  package var head = 16_384
  /// Bytes of a request's body.
  package var body = 65_536
  /// From a request's first byte to its last.
  package var reading: Duration = .seconds(10)
  /// Until a connection that asks for nothing is closed.
  package var idling: Duration = .seconds(75)
  /// For an answer to be made.
  package var answering: Duration = .seconds(30)
  /// For a client to take ``part`` of an answer.
  package var writing: Duration = .seconds(10)
  /// Between two signs of life in a stream without news: how soon a reader who has left is noticed.
  package var silence: Duration = .seconds(15)
  /// Bytes that are written at once.
  let part = 65_536

  package init() {}
}
