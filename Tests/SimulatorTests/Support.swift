import FlyingSocks
import FoundationEssentials
import Glibc
import JSONSource
import Locking
import TestSupport

@testable import Simulator

/// A clock that stands still until it is moved.
final class ManualClock: Sendable {
  static let start: Int64 = 1_766_000_000_000
  private let time = Locked(start)

  var now: Int64 { time.withLock(\.self) }
  var read: @Sendable () -> Int64 { { self.now } }

  func advance(seconds: Int64) {
    time.withLock { $0 += seconds * 1_000 }
  }
}

extension ReceivedRequest {
  /// A request with the credentials of a scenario that says nothing of them.
  static func api(
    _ method: String, _ path: String, key: String? = Scenario.defaultSecretKey,
    organization: String = Scenario.defaultOrganization, body: String = ""
  ) -> ReceivedRequest {
    var headers = ["Organization-Id": organization, "Host": "vi.test"]
    if let key { headers["Authorization"] = "Bearer \(key)" }
    return ReceivedRequest(
      time: 0, method: method, target: "/workspaces/demo-org/\(path)", headers: headers, body: Array(body.utf8))
  }
}

extension ReceivedRequest {
  static func api(
    _ path: String, key: String? = Scenario.defaultSecretKey, organization: String = Scenario.defaultOrganization
  ) -> ReceivedRequest {
    api("GET", path, key: key, organization: organization)
  }
}

extension Answer {
  /// The body as JSON; null where it is none.
  var json: JSONNode {
    (try? JSONDocument(parsing: bytes).root) ?? JSONNode(.null, at: 0..<0)
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Percent-encodes everything but letters and digits.
func encoded(_ text: String) -> String {
  text.utf8.map { byte in
    let character = Character(Unicode.Scalar(byte))
    let isPlain = character.isASCII && (character.isLetter || character.isNumber)
    return isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }.joined()
}

/// What came over the wire until the server closed the connection.
struct RawAnswer {
  let head: String
  let body: [UInt8]

  var status: Int? { head.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
  var text: String { String(decoding: body, as: UTF8.self) }
  var isEmpty: Bool { head.isEmpty && body.isEmpty }

  func header(_ name: String) -> String? {
    head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
      .map { $0.dropFirst(name.count + 1).drop { $0 == " " } }.map(String.init)
  }
}

extension Simulator {
  /// Sends one request over a connection of its own and reads until the end.
  func send(
    _ method: String, _ target: String, headers: [String: String] = [:], body: String = "", keepAlive: Bool = false
  ) async throws -> RawAnswer {
    let socket = try await AsyncSocket.connected(to: .inet(ip4: "127.0.0.1", port: port), timeout: 60)
    defer { try? socket.close() }
    var head = "\(method) \(target) HTTP/1.1\r\nHost: \(endpoint.dropFirst(7))\r\n"
    if !keepAlive { head += "Connection: close\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    head += "Content-Length: \(body.utf8.count)\r\n\r\n"
    try await socket.write(Data((head + body).utf8))
    var bytes: [UInt8] = []
    while let more = try? await socket.read(atMost: 65_536), !more.isEmpty { bytes += more }
    return RawAnswer(bytes)
  }

  /// Sends a request to the API with the default credentials.
  func sendAPI(_ path: String, keepAlive: Bool = false) async throws -> RawAnswer {
    let headers = [
      "Authorization": "Bearer \(Scenario.defaultSecretKey)", "Organization-Id": Scenario.defaultOrganization,
    ]
    return try await send("GET", "/workspaces/demo-org/\(path)", headers: headers, keepAlive: keepAlive)
  }
}

extension RawAnswer {
  init(_ bytes: [UInt8]) {
    let end: [UInt8] = [13, 10, 13, 10]
    let position = bytes.indices.first { bytes[$0...].starts(with: end) } ?? bytes.endIndex
    head = String(decoding: bytes[..<position], as: UTF8.self)
    body = Array(bytes[position...].dropFirst(4))
  }
}

/// Runs `body` with a simulator that listens, and stops it.
func withSimulator(
  _ scenario: Scenario = Scenario(), clock: ManualClock = ManualClock(), _ body: (Simulator) async throws -> Void
) async throws {
  let simulator = Simulator(scenario: scenario, now: clock.read)
  try await simulator.start()
  do {
    try await body(simulator)
  } catch {
    await simulator.stop()
    throw error
  }
  await simulator.stop()
}

/// A directory that is gone when `body` has ended.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
  let scratch = try ScratchDirectory()
  try withExtendedLifetime(scratch) { try body($0.path) }
}

/// What a shell command prints; nil when it fails.
func shell(_ command: String) -> String? {
  guard let pipe = popen(command, "r") else { return nil }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4_096)
  while true {
    let count = fread(&buffer, 1, buffer.count, pipe)
    guard count > 0 else { break }
    output += buffer[..<count]
  }
  return pclose(pipe) == 0 ? String(decoding: output, as: UTF8.self) : nil
}
