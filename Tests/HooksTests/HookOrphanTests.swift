import CProcess
import Glibc
import Testing
import TestSupport

@testable import Hooks

/// As the first process of a container, or where somebody has made us responsible, what hooks leave behind becomes ours.
@Suite(.timeLimit(.minutes(6))) struct HookOrphanTests {
  /// One that stays in the hook's group, one that leaves it, one that ends at once.
  static let littering = "(sleep 0.01 &); (setsid sleep 0.02 &); (setsid true &); echo hi; exit 7"

  static func deadChildren() -> Int {
    var count = 0
    ProcessTable.look { entry in
      if entry.parent == getpid(), entry.hasEnded { count += 1 }
      return true
    }
    return count
  }

  @Test(.apart) func `none stays as a zombie, and no hook loses its exit status to that`() async {
    await #expect(processExitsWith: .success) {
      #expect(cprocess_inherit_orphans(true) == 0)
      let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
      let endings = await withTaskGroup(of: HookResult.Ending.self) { tasks in
        for _ in 0..<40 {
          tasks.addTask { await runner.run(Hook(command: .shell(HookOrphanTests.littering))).ending }
          tasks.addTask { await runner.run(Hook(command: .run(["/bin/true"]))).ending }
          tasks.addTask { await runner.run(Hook(command: .run(["./nowhere"]))).ending }
        }
        // All the while somebody looks for orphans, as often as can be.
        let reaper = Task {
          while !Task.isCancelled {
            runner.reapOrphans()
            await Task.yield()
          }
        }
        defer { reaper.cancel() }
        return await tasks.reduce(into: []) { $0.append($1) }
      }
      #expect(endings.count { $0 == .exited(7) } == 40)
      #expect(endings.count { $0 == .exited(0) } == 40)
      #expect(endings.count { if case .notStarted(.notFound) = $0 { true } else { false } } == 40)
      let isClean = await comesTrue {
        runner.reapOrphans()
        return HookOrphanTests.deadChildren() == 0
      }
      #expect(isClean)
    }
  }

  @Test(.apart) func `an orphan is reaped also while a hook that has ended is still being seen to`() async {
    await #expect(processExitsWith: .success) {
      #expect(cprocess_inherit_orphans(true) == 0)
      let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
      // Its first process ends at TERM, and another one of its group has the rest of the grace: that long it stays as a zombie.
      let script = "trap 'exit 3' TERM; (trap '' TERM; setsid true; echo up; sleep 1000) & while :; do sleep 0.01; done"
      var hook = Hook(command: .shell(script), killGrace: .seconds(60))
      hook.timeout = .milliseconds(200)
      let stubborn = hook
      let task = Task { await runner.run(stubborn).ending }
      #expect(await comesTrue { HookOrphanTests.deadChildren() == 1 })
      // Of a process that has no thread of ours any more: a child that nobody noted.
      let orphan = try spawnProcess(["/bin/true"], streams: (nil, nil, nil))
      #expect(await comesTrue { HookOrphanTests.deadChildren() == 2 })
      runner.reapOrphans()
      #expect(HookOrphanTests.deadChildren() == 1)
      #expect(!ProcessTable.contains { $0.process == orphan && $0.parent == getpid() })
      ProcessTable.look { entry in
        if entry.parent == getpid(), entry.hasEnded { kill(-entry.process, SIGKILL) }
        return true
      }
      #expect(await task.value == .timedOut(killed: false))
    }
  }

  @Test func `where nothing becomes ours nobody's end is taken`() async throws {
    let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"])
    #expect(!cprocess_inherits_orphans())
    let child = try spawnProcess(["/bin/true"], streams: (nil, nil, nil))
    runner.reapOrphans()
    var status: Int32 = 0
    #expect(waitpid(child, &status, 0) == child)
  }
}
