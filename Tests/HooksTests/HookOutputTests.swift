import Glibc
import Secrets
import Testing

@testable import Hooks

struct HookOutputTests {
  @Test func `what fits is kept as it is`() {
    var output = HookOutput()
    for _ in 0..<8 { output.append([UInt8](repeating: 120, count: 8192)[...]) }
    #expect(output.dropped == 0)
    #expect(output.text == String(repeating: "x", count: 65536))
  }

  @Test func `the gap is told in a line of its own`() {
    var output = HookOutput()
    output.append(Array((String(repeating: "a", count: 40_000) + String(repeating: "z", count: 40_000)).utf8)[...])
    #expect(output.dropped == 80_000 - 65_536)
    #expect(
      output.text == String(repeating: "a", count: 32_768) + "\n[14464 bytes left out]\n"
        + String(repeating: "z", count: 32_768))
  }

  @Test func `a character that the gap cuts belongs to the gap`() {
    var output = HookOutput()
    output.append(Array(("x" + String(repeating: "😀", count: 50_000) + "y").utf8)[...])
    #expect(!output.text.unicodeScalars.contains("\u{FFFD}"))
    #expect(output.text.contains("😀\n[\(output.dropped + 6) bytes left out]\n😀"))
  }

  /// Both ends of what is kept are cuts: behind the 32,768th byte, and 32,768 bytes before the last.
  @Test func `a secret that lies across a cut is struck out, wherever the cut falls`() {
    let secret = "hook-token-5Rt8Yp-and-some-more-of-it"
    let redactor = Redactor()
    redactor.add(secret)
    for shift in 0...secret.utf8.count {
      var output = HookOutput()
      output.append([UInt8](repeating: 97, count: 32_768 - shift)[...])
      output.append(Array(secret.utf8)[...])
      output.append([UInt8](repeating: 98, count: 100_000)[...])
      output.append(Array(secret.utf8)[...])
      output.append([UInt8](repeating: 99, count: 32_768 - shift)[...])
      let text = output.text(redactor)
      // Whatever is left of either end has these six characters.
      let isLeft = text.contains(secret.prefix(6)) || text.contains(secret.suffix(6))
      #expect(!isLeft, "the secret is left at shift \(shift)")
      #expect(text.utf8.count <= 65_536 + 200)
    }
  }

  @Test func `bytes that are no UTF-8 become U+FFFD`() {
    var output = HookOutput()
    output.append([0x61, 0xFF, 0x80, 0x62])
    #expect(output.text == "a\u{FFFD}\u{FFFD}b")
  }

  @Test func `however it is cut into chunks, the same is kept`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Seeded(state: seed)
    for _ in 0..<40 {
      let bytes = (0..<Int.random(in: 0...150_000, using: &random)).map {
        UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256)
      }
      var output = HookOutput()
      var rest = bytes[...]
      while !rest.isEmpty {
        let chunk = rest.prefix(Int.random(in: 1...50_000, using: &random))
        output.append(chunk)
        rest = rest.dropFirst(chunk.count)
      }
      let tail = bytes.dropFirst(32_768).suffix(32_768)
      #expect(Array(output.head) == Array(bytes.prefix(32_768)) && Array(output.tail) == Array(tail), "seed \(seed)")
      #expect(output.dropped == max(0, bytes.count - 65_536), "seed \(seed)")
    }
  }

  @Test(.apart) func `200 MB of output leave memory flat, and both ends are kept`() async {
    await #expect(processExitsWith: .success) {
      _ = await HookRunner.plain.run(Hook(command: .shell("echo warm")))
      let before = peakMemory()
      let result = await HookRunner.plain.run(
        Hook(command: .shell("echo first; head -c 200000000 /dev/zero; echo last")))
      #expect(result.stdout.total == 200_000_011)
      #expect(result.stdout.text.hasPrefix("first\n\0"))
      #expect(result.stdout.text.hasSuffix("\0last\n"))
      var output = HookOutput()
      for _ in 0..<30_000 { output.append([UInt8](repeating: 97, count: 1000)[...]) }
      #expect(peakMemory() - before < 8 << 20)
    }
  }
}

struct HookTapTests {
  @Test func `the end of a pipe that is still being written to is what was in it`() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
    defer { for end in ends { close(end) } }
    let (reading, writing) = (ends[0], ends[1])
    write(writing, "x\n", 2)
    // Whatever is read brings forth more to read, as of a writer that is faster than we are; it gives up at 100 times.
    var log = HookLog { _, line in
      if line.utf8.count < 100 { write(writing, "x\(line)\n", line.utf8.count + 2) }
    }
    var tap = HookTap(.stdout, descriptor: reading, log)
    tap.finish(&log)
    #expect(tap.output.text == "x\n")
  }
}

struct HookLinesTests {
  private func lines(_ chunks: [[UInt8]]) -> [String] {
    var splitter = HookLines()
    var heard: [String] = []
    for chunk in chunks { splitter.append(chunk[...]) { heard.append($0) } }
    splitter.finish { heard.append($0) }
    return heard
  }

  @Test func `lines end at LF and CRLF, and the last may lack both`() {
    #expect(lines([Array("a\r\n\nb\rc\nd".utf8)]) == ["a", "", "b\rc", "d"])
  }

  @Test func `a line over 8 KiB comes in pieces, one of 8 KiB whole`() {
    let long = [UInt8](repeating: 120, count: 8192)
    #expect(lines([long + [10] + long + [120, 10]]).map(\.utf8.count) == [8192, 8192, 1])
  }

  @Test func `a piece never ends within a character`() {
    let text = "x" + String(repeating: "😀", count: 5000)
    let heard = lines([Array(text.utf8)])
    #expect(heard.count == 3 && heard.joined() == text)
  }

  @Test func `a piece never ends within a secret`() {
    let secret = "hook-token-5Rt8Yp"
    let redactor = Redactor()
    redactor.add(secret)
    for shift in 0...secret.utf8.count {
      var splitter = HookLines(secretPlaces: redactor.places)
      let line =
        String(repeating: "x", count: HookLines.longest - shift) + secret + String(repeating: "y", count: 30_000)
      var heard: [String] = []
      splitter.append(Array("\(line)\n".utf8)[...]) { heard.append($0) }
      #expect(heard.joined() == line)
      #expect(heard.contains { $0.contains(secret) }, "shift \(shift)")
    }
  }

  @Test func `however it is cut into chunks, the lines are the same`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Seeded(state: seed)
    for _ in 0..<40 {
      let alphabet: [UInt8] = [10, 13, 97, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80, 0xFF]
      let bytes = (0..<Int.random(in: 0...3000, using: &random)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      }
      #expect(lines([bytes]) == lines(bytes.map { [$0] }), "seed \(seed)")
    }
  }

  @Test func `lines are heard while the hook runs`() async {
    let clock = TriggeredClock()
    let runner = HookRunner(baseEnvironment: ["PATH": "/usr/bin:/bin"], clock: clock)
    // The hook ends only because its line was heard.
    let result = await runner.run(Hook(command: .shell("echo now >&2; sleep 1000"))) { stream, line in
      if stream == .stderr, line == "now" { clock.trigger() }
    }
    #expect(result.ending == .timedOut(killed: false))
  }
}

/// SplitMix64: the same numbers for the same seed.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// The most memory this process ever had, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(RUSAGE_SELF.rawValue, &usage)
  return usage.ru_maxrss * 1024
}
