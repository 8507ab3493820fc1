/// Receives a body while it arrives instead of keeping it in memory, for answers of any size.
///
/// Its methods are called on the thread that carries every transfer of the client, one at a time. While a method blocks, all
/// transfers wait, so a sink that writes to disk needs its own client.
package protocol BodySink: Sendable {
  /// Called before the first byte of the body, so never for an answer without one.
  ///
  /// - Parameter head: the answer so far, without a body.
  /// - Returns: false to keep the body in memory under the request's limits, as without a sink.
  func accepts(_ head: HTTPResponse) -> Bool

  /// Receives the next bytes, which are valid only during the call.
  ///
  /// - Returns: false ends the transfer with ``TransportError/notTaken``.
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool
}
