import Glibc
import TestSupport
import Testing

@testable import Hooks

/// What reaches a hook, byte for byte.
struct HookDataTests {
  static let hostile = [
    "$(reboot)", "`reboot`", "'; rm -rf / #", "\"; rm -rf /", "a\nb", "\r\n", "--help", "-n", "%s%n", "*", "~", "$HOME",
    "\\", "\t", " ", "", "=", "a=b", "😀👩‍👩‍👧", "e\u{301}", "\u{202E}txt", "\u{1B}[31m", "\u{FFFD}", "\u{10FFFF}",
  ]

  @Test func `the environment is the five that pass and what is given, nothing else`() async {
    let runner = HookRunner(baseEnvironment: [
      "PATH": "/usr/bin:/bin", "HOME": "/home/x", "LANG": "C.UTF-8", "TZ": "UTC", "TMPDIR": "/tmp",
      "DATATURE_VI_SECRET_KEY": "sk-1", "LD_PRELOAD": "", "VI_RUN_ID": "ours",
    ])
    let result = await runner.run(
      Hook(command: .run(["env", "-0"]), environment: [("VI_PHASE", "failed"), ("TZ", "Asia/Singapore")]))
    #expect(
      Set(result.stdout.text.split(separator: "\0")) == [
        "PATH=/usr/bin:/bin", "HOME=/home/x", "LANG=C.UTF-8", "TZ=Asia/Singapore", "TMPDIR=/tmp", "VI_PHASE=failed",
      ])
  }

  @Test func `hostile text is plain data in the environment`() async {
    let given = Self.hostile.enumerated().map { (name: "VI_\($0.offset)", value: $0.element) }
    let runner = HookRunner(baseEnvironment: [:])
    let result = await runner.run(Hook(command: .run(["env", "-0"]), environment: given))
    #expect(
      Set(result.stdout.text.split(separator: "\0").map(String.init)) == Set(given.map { "\($0.name)=\($0.value)" }))
  }

  @Test func `hostile text is plain data in argv`() async {
    let script = "for a in \"$@\"; do printf '%s\\0' \"$a\"; done"
    let result = await HookRunner.plain.run(Hook(command: .run(["/bin/sh", "-c", script, "sh"] + Self.hostile)))
    let heard = result.stdout.text.split(separator: "\0", omittingEmptySubsequences: false).dropLast()
    #expect(heard.map { Array($0.utf8) } == Self.hostile.map { Array($0.utf8) })
  }

  @Test func `hostile text is plain data on stdin`() async {
    let text = Self.hostile.joined(separator: "\0")
    let result = await HookRunner.plain.run(Hook(command: .run(["cat"]), stdin: Array(text.utf8)))
    #expect(Array(result.stdout.head) == Array(text.utf8))
  }

  @Test func `NUL becomes U+FFFD where a C string would end`() async {
    let result = await HookRunner.plain.run(
      Hook(command: .run(["/bin/sh", "-c", "echo \"$1|$VI_X\"", "sh", "a\0b"]), environment: [("VI_X", "c\0d")]))
    #expect(result.stdout.text == "a\u{FFFD}b|c\u{FFFD}d\n")
  }

  @Test func `a value too long for the kernel is cut between two characters`() async throws {
    let result = await HookRunner.plain.run(
      Hook(
        command: .shell("printf %s \"$VI_MESSAGE\" | wc -c; printf %s \"$VI_MESSAGE\" | tail -c 5"),
        environment: [("VI_MESSAGE", String(repeating: "é", count: 200_000))]))
    #expect(result.ending == .exited(0))
    #expect(result.stdout.text.hasPrefix("65535\n"))
    #expect(result.stdout.text.hasSuffix("é…"))
  }

  @Test func `a megabyte on stdin arrives whole`() async throws {
    let scratch = try ScratchDirectory()
    var generator = SystemRandomNumberGenerator()
    let event = (0..<(1 << 20)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let file = try scratch.write(event, to: "event", mode: 0o600)
    let result = await HookRunner.plain.run(Hook(command: .run(["cmp", "-", file]), stdin: event))
    #expect(result.ending == .exited(0))
    #expect(result.stdout.text == "")
  }

  @Test func `a hook that leaves its stdin unread ends like any other`() async {
    let event = [UInt8](repeating: 97, count: 1 << 20)
    let result = await HookRunner.plain.run(Hook(command: .shell("exec <&-; exit 6"), stdin: event))
    #expect(result.ending == .exited(6))
  }

  @Test func `stdin is at its end when there is no event`() async {
    #expect(await HookRunner.plain.run(Hook(command: .run(["wc", "-c"]))).stdout.text == "0\n")
  }
}
