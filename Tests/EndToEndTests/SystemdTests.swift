import Glibc
import Locking
import Simulator
import TestSupport
import Testing

/// What a service manager hears, and the unit for it.
@Suite(.timeLimit(.minutes(6))) struct SystemdTests {
  @Test func `systemd hears of the first sweep, of a reload, of life and of the end`() async throws {
    try await onStage(Scenario(runs: [.ended("run_1", .failed)])) { stage in
      let manager = try ServiceManager(stage.path("notify"))
      try stage.write(Self.rules)
      let watcher = try stage.start(
        "--rules", "rules.json", with: ["NOTIFY_SOCKET": stage.path("notify"), "WATCHDOG_USEC": "400000"])
      _ = await manager.next("READY=1")
      _ = await manager.next("STATUS=watching 1 run, 0 under way")
      _ = await manager.next("WATCHDOG=1")
      watcher.send(SIGHUP)
      _ = await manager.next("RELOADING=1\nMONOTONIC_USEC=")
      _ = await manager.next("READY=1")
      watcher.send(SIGTERM)
      let stopping = await manager.next("STOPPING=1")
      #expect(stopping.contains("EXTEND_TIMEOUT_USEC=16000000"))
      #expect(try await watcher.end().code == 0)
    }
  }

  @Test func `before the first sweep it asks for patience, and isn't ready`() async throws {
    try await onStage { stage in
      try await serving(RawServer { _ in .init("503 Service Unavailable", Array("down".utf8)) }) { source in
        let manager = try ServiceManager("@vi-notify-test-\(getpid())")
        try stage.write(Self.rules)
        let watcher = try stage.start(
          "--rules", "rules.json",
          with: ["NOTIFY_SOCKET": "@vi-notify-test-\(getpid())", "DATATURE_VI_API_ENDPOINT": source.address])
        _ = await manager.next("EXTEND_TIMEOUT_USEC=30000000")
        _ = await manager.next("STATUS=the source can't be read")
        watcher.send(SIGTERM)
        _ = await manager.next("STOPPING=1")
        _ = try await watcher.end()
        #expect(manager.all.allSatisfy { !$0.contains("READY=1") })
      }
    }
  }

  @Test func `the unit names the program and the rules, and refuses what a unit would misread`() async throws {
    try await onStage { stage in
      let unit = try await stage.run("systemd-unit", "--rules", "/etc/my/rules.json", "--program", "/opt/vi-notify")
      #expect(unit.code == 0)
      #expect(unit.output.contains("ExecStart=/opt/vi-notify watch --rules /etc/my/rules.json --state "))
      for (path, why) in [("rules.json", "must be a whole path"), ("/a b", "plainer name"), ("/a%n", "plainer name")] {
        let refused = try await stage.run("systemd-unit", "--rules", path)
        #expect(refused.code == 64)
        #expect(refused.errors.contains(why))
      }
    }
  }

  private static let rules = """
    {"version": 1, "watch": {"interval": "100ms"}, "destinations": {"chat": {"type": "slack", "url": "ENDPOINT/inbox/chat"}},
     "rules": [{"name": "all", "actions": [{"send": "chat"}]}]}
    """
}

/// A socket that records the datagrams of a service.
final class ServiceManager: Sendable {
  private struct State: Sendable {
    var all: [String] = []
    /// How many have been looked at.
    var seen = 0
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Locked(State())
  private let socket: Int32

  init(_ path: String) throws {
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    let isAbstract = bytes.first == UInt8(ascii: "@")
    if isAbstract { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(2 + bytes.count + (isAbstract ? 0 : 1))
    let isBound = withUnsafeBytes(of: &address) {
      bind(socket, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), length) == 0
    }
    guard socket >= 0, isBound else { throw SystemFailure("bind of \(path)") }
    self.socket = socket
    try onThread { [state] in
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while case let count = recv(socket, &buffer, buffer.count, 0), count > 0 {
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
          let waiter = state.waiter
          state.all.append(text)
          state.waiter = nil
          return waiter
        }
        waiter?.resume()
      }
      close(socket)
    }
  }

  deinit { shutdown(socket, Int32(SHUT_RDWR)) }

  var all: [String] { state.withLock { $0.all } }

  /// The next datagram that holds this.
  func next(_ words: String) async -> String {
    while true {
      while let text = take() {
        if text.contains(words) { return text }
      }
      await withCheckedContinuation { continuation in
        let isThere = state.withLock { state in
          if state.seen < state.all.count { return true }
          state.waiter = continuation
          return false
        }
        if isThere { continuation.resume() }
      }
    }
  }

  private func take() -> String? {
    state.withLock { state in
      guard state.seen < state.all.count else { return nil }
      state.seen += 1
      return state.all[state.seen - 1]
    }
  }
}
