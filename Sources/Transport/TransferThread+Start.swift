import Glibc

extension TransferThread {
  /// Starts a thread that works until `mailbox` is closed. Called under the mailbox's lock.
  static func start(
    mailbox: Mailbox, configuration: HTTPClient.Configuration
  ) -> Result<pthread_t, TransportError> {
    let luggage = Unmanaged.passRetained(Luggage(mailbox, configuration))
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, threadMain, luggage.toOpaque())
    guard code != 0 else { return .success(thread) }
    luggage.release()
    return .failure(.other(code: Int(code), text: "the transfer thread could not be started"))
  }

  fileprivate static func work(_ luggage: Luggage) {
    blockBrokenPipeSignal()
    if var thread = TransferThread(mailbox: luggage.mailbox, configuration: luggage.configuration) { thread.run() }
    luggage.mailbox.threadDidEnd()
  }
}

private final class Luggage: Sendable {
  let mailbox: Mailbox
  let configuration: HTTPClient.Configuration

  init(_ mailbox: Mailbox, _ configuration: HTTPClient.Configuration) {
    self.mailbox = mailbox
    self.configuration = configuration
  }
}

private func threadMain(_ luggage: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let luggage { TransferThread.work(Unmanaged<Luggage>.fromOpaque(luggage).takeRetainedValue()) }
  return nil
}

/// Writing to a connection that the peer has closed raises SIGPIPE in the writing thread, and OpenSSL can't suppress it. Blocked
/// for this thread only, so that the rest of the process and its children keep their own signal masks.
func blockBrokenPipeSignal() {
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGPIPE)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
}
