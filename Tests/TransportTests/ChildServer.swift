import Glibc
import TestSupport

/// A server in a process of its own, which prints its port and ends when this object does.
final class ChildServer: Sendable {
  let port: UInt16
  private let process: pid_t
  /// The other's standard input and output in one.
  private let line: Int32

  /// - Parameter words: of the command. The first line on its standard output that ends with digits names the port.
  init(_ words: [String]) throws {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw SystemFailure("socketpair")
    }
    line = ends[0]
    defer { close(ends[1]) }
    process = try spawnProcess(words, streams: (ends[1], ends[1], nil))
    close(ends[1])
    ends[1] = -1
    port = readPort(line)
    if port == 0 { throw SystemFailure("\(words[0]) named no port", EPIPE) }
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    close(line)
  }
}

/// Runs a command to its end.
///
/// - Throws: when it can't be started, or ends with anything but 0.
func runProcess(_ words: String...) throws {
  let process = try spawnProcess(words, streams: (nil, nil, nil))
  var status: Int32 = 0
  guard waitpid(process, &status, 0) == process, status == 0 else {
    throw SystemFailure("\(words[0]) ended with \(status)", 0)
  }
}

/// 0 when the other side ended without one.
private func readPort(_ descriptor: Int32) -> UInt16 {
  var text: [UInt8] = []
  var byte: UInt8 = 0
  while read(descriptor, &byte, 1) == 1 {
    if byte != 10 {
      text.append(byte)
    } else {
      let digits = text.reversed().prefix { (0x30...0x39).contains($0) }.reversed()
      if let port = UInt16(String(decoding: Array(digits), as: UTF8.self)) { return port }
      text = []
    }
  }
  return 0
}
