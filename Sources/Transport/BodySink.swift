/// Takes a body while it comes in, instead of its being held in memory: for answers of any size.
///
/// Its methods are called on the thread that carries every transfer of the client, one at a time. What they wait for, all
/// others wait for: a sink that writes to a disk belongs to a client of its own.
package protocol BodySink: Sendable {
  /// Called before the body's first byte, so never for an answer without one.
  ///
  /// - Parameter head: the answer as far as it is known, without a body.
  /// - Returns: false leaves the body to be held in memory under the request's limits, as without a sink.
  func accepts(_ head: HTTPResponse) -> Bool

  /// Takes the next bytes, which are gone afterwards.
  ///
  /// - Returns: false ends the transfer with ``TransportError/notTaken``.
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool
}
