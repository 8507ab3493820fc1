import Dispatch
import Glibc

/// Calls `onSignal` with the number of each SIGINT and SIGTERM, until the returned sources are released or cancelled.
func signalSources(_ onSignal: @escaping @Sendable (Int32) -> Void) -> [any DispatchSourceSignal] {
  [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler { onSignal(number) }
    source.resume()
    return source
  }
}
