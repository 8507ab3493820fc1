import Glibc
import TestSupport
import Testing

@testable import Hooks

struct HookStopTests {
  /// Runs a hook whose time is up as soon as it has written "ready".
  private func timeOut(_ script: String, killGrace: Duration) async -> HookResult {
    let clock = TriggeredClock()
    let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"], clock: clock)
    return await runner.run(Hook(command: .shell(script), killGrace: killGrace)) { _, line in
      if line == "ready" { clock.trigger() }
    }
  }

  @Test func `a hook whose time is up is told to end, and what it says then is kept`() async {
    let result = await timeOut(
      "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done", killGrace: .seconds(20))
    #expect(result.ending == .timedOut(killed: false))
    #expect(result.stdout.text == "ready\nbye\n")
  }

  @Test func `a hook that ignores TERM is killed with its children after the grace`() async throws {
    let start = ContinuousClock.now
    let result = await timeOut(
      "trap '' TERM; sleep 1000 & echo $!; echo ready; while :; do wait; done", killGrace: .milliseconds(150))
    #expect(result.ending == .timedOut(killed: true))
    #expect(ContinuousClock.now - start >= .milliseconds(150))
    #expect(!isRunning(try #require(firstNumber(result))))
  }

  @Test func `a child whose shell dies of TERM keeps its grace`() async {
    let script = "sh -c 'trap \"sleep 0.1; echo tidy; exit\" TERM; echo ready; while :; do sleep 0.05; done' & wait"
    let result = await timeOut(script, killGrace: .seconds(20))
    #expect(result.stdout.text == "ready\ntidy\n")
  }

  @Test func `a stopped hook hears TERM`() async {
    let result = await timeOut("trap 'echo bye; exit' TERM; echo ready; kill -STOP $$; wait", killGrace: .seconds(20))
    #expect(result.stdout.text == "ready\nbye\n")
  }

  @Test func `the whole group hears TERM`() async {
    let result = await timeOut(
      "sh -c 'trap \"echo child; exit\" TERM; echo ready; while :; do sleep 0.05; done' & trap 'echo parent' TERM; wait; wait",
      killGrace: .seconds(20))
    #expect(result.stdout.text.split(separator: "\n").sorted() == ["child", "parent", "ready"])
  }

  @Test func `a time-out of the real clock stops a hook`() async {
    let hook = Hook(command: .shell("sleep 1000"), timeout: .milliseconds(50))
    #expect(await HookRunner.plain.run(hook).ending == .timedOut(killed: false))
  }

  @Test func `a hook that ends in time is not timed out by a trigger that comes later`() async {
    let clock = TriggeredClock()
    let runner = HookRunner(baseEnvironment: [:], clock: clock)
    let result = await runner.run(Hook(command: .shell("exit 5")))
    clock.trigger()
    #expect(result.ending == .exited(5))
  }

  @Test func `cancelling lets the hook say what it still does`() async {
    let (ready, continuation) = AsyncStream<Void>.makeStream()
    let script = "trap 'echo rolling back; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    let result = await withTaskGroup(of: HookResult.self) { tasks in
      tasks.addTask {
        await HookRunner.plain.run(Hook(command: .shell(script), killGrace: .seconds(20))) { _, _ in
          continuation.yield()
        }
      }
      for await _ in ready { break }
      tasks.cancelAll()
      return await tasks.next()
    }
    #expect(result?.ending == .interrupted)
    #expect(result?.stdout.text == "ready\nrolling back\n")
  }

  @Test func `a cancelled hook that ignores TERM is killed after the grace`() async {
    let (ready, continuation) = AsyncStream<Void>.makeStream()
    let result = await withTaskGroup(of: HookResult.self) { tasks in
      tasks.addTask {
        let hook = Hook(
          command: .shell("trap '' TERM; echo $$; while :; do sleep 1; done"), killGrace: .milliseconds(100))
        return await HookRunner.plain.run(hook) { _, _ in continuation.yield() }
      }
      for await _ in ready { break }
      tasks.cancelAll()
      return await tasks.next()
    }
    #expect(result?.ending == .interrupted)
    #expect(result.flatMap(firstNumber).map(isRunning) == false)
  }

  @Test func `a task that was cancelled before starts nothing`() async throws {
    let scratch = try ScratchDirectory()
    let hook = Hook(command: .run(["touch", "ran"]), workingDirectory: scratch.path)
    let result = await withTaskGroup(of: HookResult.self) { tasks in
      tasks.cancelAll()
      tasks.addTask { await HookRunner.plain.run(hook) }
      return await tasks.next()
    }
    #expect(result?.ending == .interrupted)
    #expect(access("\(scratch.path)/ran", F_OK) != 0)
  }
}
