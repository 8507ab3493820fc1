import Glibc
import TestSupport
import Testing

@testable import Hooks

struct HookStartFailureTests {
  private func reason(
    _ command: HookCommand, environment: [(name: String, value: String)] = [], in directory: String? = nil
  ) async -> HookStartFailure? {
    let hook = Hook(command: command, environment: environment, workingDirectory: directory)
    guard case .notStarted(let reason) = await HookRunner.plain.run(hook).ending else { return nil }
    return reason
  }

  @Test func `a program that is not there is named`() async {
    let reason = await reason(.run(["/opt/no/such.sh"]))
    #expect(reason == .notFound("/opt/no/such.sh"))
    #expect(reason?.description == "/opt/no/such.sh does not exist")
  }

  @Test func `a name that no directory of PATH holds is named with PATH`() async {
    let reason = await reason(.run(["no-such-program"]))
    #expect(reason?.description == "no-such-program is in no directory of PATH (/usr/bin:/bin)")
  }

  @Test func `a program that lacks the x is told how to get it`() async throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.write(Array("#!/bin/sh\n".utf8), to: "x.sh", mode: 0o644)
    #expect(await reason(.run([file]))?.description == "\(file) is not executable: chmod +x it")
    #expect(await reason(.run(["x.sh"]), environment: [("PATH", scratch.path)]) == .notExecutable(file))
  }

  @Test func `a directory is no program`() async {
    #expect(await reason(.run(["/usr/bin"])) == .isDirectory("/usr/bin"))
  }

  @Test func `no command at all is a reason`() async {
    #expect(await reason(.run([])) == .noCommand)
    #expect(await reason(.run([""])) == .noCommand)
  }

  @Test func `a missing working directory is not a missing program`() async {
    #expect(await reason(.run(["true"]), in: "/no/such/dir") == .directoryMissing("/no/such/dir"))
    #expect(await reason(.run(["true"]), in: "/etc/passwd") == .notADirectory("/etc/passwd"))
  }

  @Test func `a script whose interpreter is missing and a file that is no program are told apart`() async throws {
    let scratch = try ScratchDirectory()
    let script = try scratch.write(Array("#!/no/such/python\n".utf8), to: "a.py", mode: 0o755)
    let text = try scratch.write(Array("hello\n".utf8), to: "text", mode: 0o755)
    #expect(await reason(.run([script])) == .interpreterMissing(script))
    #expect(await reason(.run([text])) == .notAProgram(text))
  }

  @Test func `a script or a program's name longer than the kernel takes is a reason, and no half of it runs`() async {
    #expect(await reason(.shell("true #" + String(repeating: "a", count: 200_000))) == .tooLong)
  }

  @Test(arguments: ["", "A=B", "A\0"]) func `what can't name a variable is refused`(name: String) async {
    #expect(await reason(.run(["true"]), environment: [(name, "x")]) == .unusableName(name))
  }

  @Test func `a relative program is taken relative to the working directory`() async throws {
    let scratch = try ScratchDirectory()
    #expect(symlink("/bin/pwd", "\(scratch.path)/tool") == 0)
    let result = await HookRunner.plain.run(Hook(command: .run(["./tool"]), workingDirectory: scratch.path))
    #expect(result.stdout.text == "\(scratch.path)\n")
    #expect(await reason(.run(["./other"]), in: scratch.path) == .notFound("\(scratch.path)/./other"))
  }

  @Test func `a relative working directory is relative to ours`() async throws {
    let result = await HookRunner.plain.run(
      Hook(command: .run(["../bin/pwd"]), workingDirectory: "../../../../../usr/bin"))
    #expect(result.stdout.text == "/usr/bin\n")
  }

  @Test func `PATH is searched past what is not executable and never where we stand`() async throws {
    let scratch = try ScratchDirectory()
    _ = try scratch.write([], to: "true", mode: 0o644)
    let path = "relative::\(scratch.path):/usr/bin"
    let hook = Hook(command: .run(["true"]), environment: [("PATH", path)], workingDirectory: scratch.path)
    #expect(await HookRunner.plain.run(hook).ending == .exited(0))
    #expect(
      await reason(.run(["true"]), environment: [("PATH", ":.")], in: "/usr/bin") == .notOnPath("true", path: ":."))
  }

  @Test func `only what passes by itself is temporary`() {
    #expect(HookStartFailure.system(errno: EMFILE).isTemporary)
    #expect(!HookStartFailure.system(errno: EACCES).isTemporary)
    #expect(!HookStartFailure.notFound("/x").isTemporary)
  }

  @Test(.apart) func `a hook that can't start leaves no descriptor open`() async {
    await #expect(processExitsWith: .success) {
      let long = Hook(command: .run(["true", String(repeating: "a", count: 200_000)]))
      let missing = Hook(command: .run(["/no/such"]))
      guard let scratch = try? ScratchDirectory() else { return }
      let script = try scratch.write(Array("#!/no/such\n".utf8), to: "script", mode: 0o755)
      _ = await HookRunner.plain.run(long)  // what the first hook opens stays open
      let before = openDescriptors()
      for _ in 0..<50 {
        _ = await HookRunner.plain.run(long)
        _ = await HookRunner.plain.run(missing)
        _ = await HookRunner.plain.run(Hook(command: .run([script])))
      }
      #expect(openDescriptors() == before)
    }
  }

  @Test(.apart) func `too many open files is a temporary reason`() async {
    await #expect(processExitsWith: .success) {
      _ = await HookRunner.plain.run(Hook(command: .run(["true"])))
      let free = rlim_t(dup(0))
      var limit = rlimit(rlim_cur: free + 2, rlim_max: 4096)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let result = await HookRunner.plain.run(Hook(command: .run(["/bin/true"])))
      #expect(result.ending == .notStarted(reason: .system(errno: EMFILE)))
    }
  }
}
