import FoundationEssentials
import Glibc
import Secrets

@testable import Hooks

extension HookRunner {
  /// With the environment that hooks usually find, and a secret that none may see.
  static let plain = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin", "DATATURE_VI_SECRET_KEY": "sk-1"])

  func run(_ hook: Hook) async -> HookResult { await run(hook) { _, _ in } }
}

/// A clock whose sleepers wake when they are told, never by themselves.
struct TriggeredClock: Clock {
  private let triggers: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (triggers, continuation) = AsyncStream.makeStream() }

  var now: ContinuousClock.Instant { .now }
  var minimumResolution: Duration { .zero }

  func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
    for await _ in triggers { return }
    throw CancellationError()
  }

  func trigger() { continuation.yield() }
}

/// Whether a process runs; one that waits to be reaped doesn't.
func isRunning(_ process: pid_t) -> Bool {
  guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 512)
  guard fgets(&line, 512, file) != nil else { return false }
  let bytes = line.map { UInt8(bitPattern: $0) }
  guard let end = bytes.lastIndex(of: UInt8(ascii: ")")), end + 2 < bytes.count else { return false }
  return bytes[end + 2] != UInt8(ascii: "Z") && bytes[end + 2] != UInt8(ascii: "X")
}

/// The first number that the hook wrote.
func firstNumber(_ result: HookResult) -> pid_t? {
  result.stdout.text.split(whereSeparator: \.isWhitespace).lazy.compactMap { pid_t($0) }.first
}

/// How many files, pipes and processes this process holds a descriptor of. The timers and event queues that Dispatch opens
/// when it first needs them, and keeps, are not counted.
func openDescriptors() -> Int {
  guard let directory = opendir("/proc/self/fd") else { return -1 }
  defer { closedir(directory) }
  var count = 0
  while let entry = readdir(directory) {
    var target = [UInt8](repeating: 0, count: 64)
    let length = withUnsafePointer(to: &entry.pointee.d_name) { name in
      readlinkat(dirfd(directory), UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self), &target, target.count)
    }
    let kind = String(decoding: target.prefix(max(0, length)), as: UTF8.self)
    if length > 0, !["timerfd", "event"].contains(where: { kind.hasPrefix("anon_inode:[\($0)") }) { count += 1 }
  }
  return count
}

/// Whether it does within a minute; only what is broken takes that long.
func comesTrue(_ condition: () -> Bool) async -> Bool {
  let limit = ContinuousClock.now + .seconds(60)
  while !condition() {
    if ContinuousClock.now > limit { return false }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return true
}

/// Nil when it can't be read.
/// Read to its end: what a file of /proc holds can't be told from its size.
func contents(of path: String) -> String? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while case let count = read(file, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
  return String(decoding: bytes, as: UTF8.self)
}

/// Where a symbolic link leads; empty when it is none.
func link(_ path: String) -> String {
  (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? ""
}

/// What the descriptors of a process are open on.
func files(of process: pid_t) -> [String] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
  return names.map { link("/proc/\(process)/fd/\($0)") }
}

extension HookOutput {
  /// Where nobody has a secret.
  var text: String { text(Redactor()) }
}
