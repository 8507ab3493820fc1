import Testing

@testable import Hooks

/// What is cut when a hook is told more than the kernel takes.
struct LaunchBudgetTests {
  @Test func `an argument too long for the kernel is cut between two characters, and that is told`() async {
    let message = String(repeating: "é", count: 200_000)
    let script = #"printf %s "$1" | wc -c; printf %s "$1" | tail -c 5; printf %s "|$2""#
    let result = await HookRunner.plain.run(
      Hook(command: .run(["/bin/sh", "-c", script, "sh", message, "short"]), environment: [("VI_MESSAGE", message)]))
    #expect(result.ending == .exited(0))
    #expect(result.stdout.text == "131071\né…|short")
    #expect(result.shortened == ["argument 4", "VI_MESSAGE"])
  }

  @Test func `many that fit alone and not together are cut to the same length, and the rest stays whole`() async {
    let long = [String](repeating: String(repeating: "x", count: 120_000), count: 40)
    let script = #"echo $#; for a in "$@"; do printf %s "$a" | wc -c; done | sort -n | uniq -c"#
    let result = await HookRunner.plain.run(
      Hook(command: .run(["/bin/sh", "-c", script, "sh", "short"] + long), environment: [("VI_FLOW", "detector")]))
    #expect(result.ending == .exited(0))
    let lines = result.stdout.text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
    #expect(lines.first == [41])
    #expect(lines.dropFirst().first == [1, 5])
    #expect(lines.count == 3 && lines.last?.first == 40, "\(result.stdout.text)")
    #expect(result.shortened == (5..<45).map { "argument \($0)" })
  }

  @Test func `nothing is cut that fits`() async {
    let words = [String](repeating: String(repeating: "x", count: 100_000), count: 10)
    let result = await HookRunner.plain.run(Hook(command: .run(["/bin/sh", "-c", "echo ${#9}", "sh"] + words)))
    #expect(result.stdout.text == "100000\n")
    #expect(result.shortened == [])
  }

  @Test func `the longest are cut, as little as will do`() {
    // Each costs nine bytes more than its length.
    func longest(_ lengths: [Int], _ room: Int) -> Int? {
      LaunchBudget(total: room + 9 * lengths.count).longest(lengths, fixed: 0)
    }
    #expect(longest([10, 100, 1_000], 1_110) == nil)
    #expect(longest([10, 100, 1_000], 1_109) == 999)
    #expect(longest([10, 100, 1_000], 200) == 95)
    #expect(longest([1_000, 10, 1_000], 1_010) == 500)
    #expect(longest([10, 10], 1) == 0)
    #expect(longest([10], -5) == 0)
    #expect(longest([], 0) == nil)
    #expect(LaunchBudget(total: 100).longest([50], fixed: 80) == 11)
  }
}
