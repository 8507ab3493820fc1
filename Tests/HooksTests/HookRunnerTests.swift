import Glibc
import TestSupport
import Testing

@testable import Hooks

struct HookRunnerTests {
  @Test(arguments: [0, 1, 75, 255] as [Int32]) func `the exit code is the hook's own`(code: Int32) async {
    let result = await HookRunner.plain.run(Hook(command: .shell("exit \(code)")))
    #expect(result.ending == .exited(code))
  }

  @Test func `a hook that dies by a signal is not one that exited`() async {
    let result = await HookRunner.plain.run(Hook(command: .shell("kill -USR1 $$")))
    #expect(result.ending == .signalled(SIGUSR1))
  }

  @Test func `what a hook writes is kept apart by stream`() async {
    let result = await HookRunner.plain.run(Hook(command: .shell("echo out; echo err >&2")))
    #expect(result.stdout.text == "out\n")
    #expect(result.stderr.text == "err\n")
  }

  @Test func `a hook that closes its output and goes on is waited for`() async {
    let result = await HookRunner.plain.run(Hook(command: .shell("exec >&- 2>&-; sleep 0.1; exit 3")))
    #expect(result.ending == .exited(3))
  }

  @Test func `a hook is its own process group`() async throws {
    let result = await HookRunner.plain.run(Hook(command: .shell("echo $$; cut -d' ' -f5 /proc/$$/stat")))
    let numbers = result.stdout.text.split(separator: "\n")
    #expect(numbers.count == 2 && numbers[0] == numbers[1])
    #expect(numbers.first != "\(getpgrp())")
  }

  @Test(.timeLimit(.minutes(6)))
  func `a background child neither holds the hook up nor survives it`() async throws {
    let result = await HookRunner.plain.run(Hook(command: .shell("sleep 1000 & echo $!; exit 4")))
    let child = try #require(firstNumber(result))
    #expect(result.ending == .exited(4))
    #expect(!isRunning(child))
  }

  @Test func `a background child without our pipes does not survive either`() async throws {
    let result = await HookRunner.plain.run(
      Hook(command: .shell("sleep 1000 </dev/null >/dev/null 2>&1 & echo $!; exit 0")))
    #expect(!isRunning(try #require(firstNumber(result))))
  }

  @Test func `a child that left the group and writes for ever does not hold the hook up`() async throws {
    let scratch = try ScratchDirectory()
    let stranger = "echo $$; : > started; exec head -c 1000G /dev/zero"
    let script = "setsid sh -c '\(stranger)' & while [ ! -e started ]; do sleep 0.02; done"
    let result = await HookRunner.plain.run(Hook(command: .shell(script), workingDirectory: scratch.path))
    kill(try #require(firstNumber(result)), SIGKILL)
    #expect(result.ending == .exited(0))
  }

  @Test func `a hook sees three descriptors and no other of ours`() async {
    let ours = open("/dev/null", O_RDONLY)  // without O_CLOEXEC, as a careless library would
    defer { close(ours) }
    let result = await HookRunner.plain.run(Hook(command: .shell("ls /proc/$$/fd; exit 0")))
    #expect(result.stdout.text == "0\n1\n2\n")
  }

  @Test(.apart) func `signals are at their defaults though we ignore SIGPIPE`() async {
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_IGN)
      var blocked = sigset_t()
      sigemptyset(&blocked)
      sigaddset(&blocked, SIGUSR2)
      pthread_sigmask(SIG_BLOCK, &blocked, nil)
      let result = await HookRunner.plain.run(Hook(command: .shell("grep -E 'Sig(Blk|Ign)' /proc/self/status")))
      let masks = result.stdout.text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0, radix: 16) }
      // glibc's posix_spawn leaves its own signals 32 and 33, which are no program's business, ignored.
      #expect(masks.map { $0 & ~0x1_8000_0000 } == [0, 0])
    }
  }

  @Test(.apart) func `a hundred hooks at once leave neither a zombie nor a descriptor`() async {
    await #expect(processExitsWith: .success) {
      _ = await HookRunner.plain.run(Hook(command: .shell("exit 0")))  // what the first hook opens stays open
      let before = openDescriptors()
      let endings = await withTaskGroup(of: HookResult.self) { hooks in
        for number in 0..<100 {
          hooks.addTask { await HookRunner.plain.run(Hook(command: .shell("cat; exit \(number)"), stdin: [97])) }
        }
        return await hooks.reduce(into: [Int32]()) { codes, result in
          if case .exited(let code) = result.ending, result.stdout.text == "a" { codes.append(code) }
        }
      }
      #expect(endings.sorted() == Array(0..<100))
      #expect(openDescriptors() == before)
      #expect(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD)
    }
  }
}
