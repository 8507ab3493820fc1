import Glibc
internal import Locking

/// What a service tells systemd (sd_notify(3)): datagrams of lines `NAME=value` to the socket that `$NOTIFY_SOCKET` names.
///
/// Nothing waits for them, and one that can't be sent changes nothing: systemd decides by what it doesn't hear.
package final class Systemd: Sendable {
  /// Between two `WATCHDOG=1`, half of what systemd waits (`$WATCHDOG_USEC`); nil: it doesn't watch this process.
  let watchdog: Duration?
  private let address: sockaddr_un
  private let length: socklen_t
  private let socket: Int32

  /// Nil: no service manager started this process, or none of this kind of address.
  package init?(_ environment: [String: String]) {
    guard let path = environment["NOTIFY_SOCKET"], let (address, length) = Self.address(path) else { return nil }
    (self.address, self.length) = (address, length)
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return nil }
    watchdog = Self.watchdog(environment)
  }

  deinit { close(socket) }

  /// `WATCHDOG_PID` names the watched process. When it names another one, we inherited the variables from our parent.
  private static func watchdog(_ environment: [String: String]) -> Duration? {
    guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else { return nil }
    if let process = environment["WATCHDOG_PID"], process != "\(getpid())" { return nil }
    return .microseconds(microseconds / 2)
  }

  /// A path, or `@` and a name of the abstract namespace.
  private static func address(_ path: String) -> (sockaddr_un, socklen_t)? {
    var bytes = Array(path.utf8)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
      bytes.count < MemoryLayout.size(ofValue: address.sun_path)
    else { return nil }
    let isAbstract = first == UInt8(ascii: "@")
    if isAbstract { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let head = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2
    return (address, socklen_t(head + bytes.count + (isAbstract ? 0 : 1)))
  }

  /// - Parameter lines: `NAME=value`, without line breaks.
  func say(_ lines: String...) {
    let bytes = Array(lines.joined(separator: "\n").utf8)
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = sendto(socket, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), address, length)
      }
    }
  }

  /// The rules file is being read anew; ``ready()`` ends that. systemd takes no answer to its own signal for one that is older, and
  /// so wants the time.
  func reloading() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    say("RELOADING=1", "MONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)")
  }

  func ready() { say("READY=1") }

  /// What is under way may end; systemd need not lose patience meanwhile.
  func stopping(within limit: Duration) {
    say("STOPPING=1", "STATUS=stopping; what is on its way may end", patience(limit))
  }

  func extend(by limit: Duration) { say(patience(limit)) }

  private func patience(_ limit: Duration) -> String {
    "EXTEND_TIMEOUT_USEC=\(limit.components.seconds * 1_000_000)"
  }
}
