import Glibc
import Storage
import Stores
import TestSupport
import Testing

@testable import Hooks

/// What becomes of hooks when we are killed while they run.
@Suite(.timeLimit(.minutes(6))) struct HookGuardTests {
  /// Each process writes its number into a file; `ready` is said when all have. The first ignores TERM, one of its children as
  /// well, and the other notes that it heard it. It says nothing any more: nobody reads when we are gone, and dash tells of
  /// the `sleep` that TERM ended.
  static let family = """
    exec 2>/dev/null
    sh -c 'trap "echo TERM > heard; exit" TERM; echo $$ > polite; while :; do sleep 0.05; done' &
    sh -c 'trap "" TERM; echo $$ > stubborn; while :; do sleep 1000; done' &
    trap '' TERM
    echo $$ > leader
    until [ -s polite ] && [ -s stubborn ]; do sleep 0.02; done
    echo ready
    while :; do sleep 1000; done
    """

  private func process(_ name: String, in directory: String) throws -> pid_t {
    try #require(contents(of: "\(directory)/\(name)").flatMap { pid_t($0.prefix { $0.isNumber }) })
  }

  @Test(.apart) func `when we are killed, all that a hook has running hears TERM and what ignores it is killed`()
    async throws
  {
    let scratch = try ScratchDirectory()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.path as String] in
      let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"], guardGrace: .seconds(2))
      let hook = Hook(command: .shell(HookGuardTests.family), workingDirectory: path)
      _ = await runner.run(hook) { _, line in if line == "ready" { kill(getpid(), SIGKILL) } }
    }
    for name in ["leader", "polite", "stubborn"] {
      let process = try process(name, in: scratch.path)
      #expect(await comesTrue { !isRunning(process) }, "\(name)")
    }
    #expect(contents(of: "\(scratch.path)/heard") == "TERM\n")
  }

  @Test(.apart) func `when the guard is killed with us, the hook's first process still hears of it`() async throws {
    let scratch = try ScratchDirectory()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.path as String] in
      let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
      let hook = Hook(command: .shell("echo $$ > leader; echo ready; exec sleep 1000"), workingDirectory: path)
      _ = await runner.run(hook) { _, _ in
        guard let guardian = runner.guardian.processID else { return }
        kill(guardian, SIGKILL)
        while isRunning(guardian) { sched_yield() }
        kill(getpid(), SIGKILL)
      }
    }
    let process = try process("leader", in: scratch.path)
    #expect(await comesTrue { !isRunning(process) })
  }

  @Test(.apart) func `a new guard knows the hooks that ran under the one before`() async throws {
    let scratch = try ScratchDirectory()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.path as String] in
      let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"], guardGrace: .zero)
      let hook = Hook(command: .shell(HookGuardTests.family), workingDirectory: path)
      let (ready, continuation) = AsyncStream<Void>.makeStream()
      await withTaskGroup { tasks in
        tasks.addTask { _ = await runner.run(hook) { _, _ in continuation.yield() } }
        for await _ in ready { break }
        guard let guardian = runner.guardian.processID else { return }
        kill(guardian, SIGKILL)
        while isRunning(guardian) { sched_yield() }
        _ = await runner.run(Hook(command: .run(["true"])))
        kill(getpid(), SIGKILL)
      }
    }
    for name in ["leader", "polite", "stubborn"] {
      let process = try process(name, in: scratch.path)
      #expect(await comesTrue { !isRunning(process) }, "\(name)")
    }
  }

  @Test func `the guard has nothing of ours: no file, no terminal, no directory, and no signal ends it but KILL`()
    async throws
  {
    let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
    _ = await runner.run(Hook(command: .run(["true"])))
    let guardian = try #require(runner.guardian.processID)
    // It gets ready while we go on.
    let hasOneFile = await comesTrue { files(of: guardian).map { $0.hasPrefix("pipe:") } == [true] }
    #expect(hasOneFile, "\(files(of: guardian))")
    #expect(getsid(guardian) != getsid(0))
    #expect(contents(of: "/proc/\(guardian)/comm") == "vi-notify-guard\n")
    #expect(link("/proc/\(guardian)/cwd") == "/")
    let status = (contents(of: "/proc/\(guardian)/status") ?? "").split(separator: "\n")
    #expect(!status.contains("PPid:\t\(getpid())"))
    let blocked = status.first { $0.hasPrefix("SigBlk:") }.flatMap { UInt64($0.dropFirst(8), radix: 16) } ?? 0
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1] {
      #expect(blocked & (1 << UInt64(signal - 1)) != 0, "signal \(signal)")
    }
  }

  @Test func `the guard holds no file that we write to, also none that is only mapped`() async throws {
    let directory = try ScratchDirectory()
    let store = try StateStores.open(directory.path + "/state.sqlite", for: .watching)
    let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
    _ = await runner.run(Hook(command: .run(["true"])))
    let guardian = try #require(runner.guardian.processID)
    let maps = { contents(of: "/proc/\(guardian)/maps") ?? "" }
    #expect(contents(of: "/proc/self/maps")?.contains("state.sqlite-shm") == true)
    #expect(await comesTrue { !maps().isEmpty && !maps().contains("state.sqlite-shm") })
    store.close()
  }

  @Test func `the guard goes when nobody can start hooks any more`() async throws {
    var runner: HookRunner? = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
    _ = await runner?.run(Hook(command: .run(["true"])))
    let guardian = try #require(runner?.guardian.processID)
    #expect(isRunning(guardian))
    runner = nil
    #expect(await comesTrue { !isRunning(guardian) })
  }

  @Test func `a guard that ends by mistake is replaced before the next hook`() async throws {
    let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
    _ = await runner.run(Hook(command: .run(["true"])))
    let first = try #require(runner.guardian.processID)
    _ = await runner.run(Hook(command: .run(["true"])))
    #expect(runner.guardian.processID == first)
    kill(first, SIGKILL)
    #expect(await comesTrue { !isRunning(first) })
    _ = await runner.run(Hook(command: .run(["true"])))
    #expect(runner.guardian.processID != first)
  }

  @Test func `without a guard hooks run all the same, and that is told once`() async {
    let guardian = HookGuard(grace: .seconds(10)) { _, _ in
      errno = EMFILE
      return -1
    }
    let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"], guardian: guardian)
    let results = [await runner.run(Hook(command: .run(["true"]))), await runner.run(Hook(command: .run(["true"])))]
    #expect(results.map(\.ending) == [.exited(0), .exited(0)])
    #expect(results.map(\.guardFailure) == ["Too many open files", nil])
    #expect(runner.guardian.processID == nil)
  }
}
