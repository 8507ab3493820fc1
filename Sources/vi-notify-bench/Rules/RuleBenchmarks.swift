import EventPatterns
import Glibc
import JSONSource

/// How fast events are judged by 1 to 10,000 rules, beside a plain loop over the same bytes.
///
/// `vi-notify-bench rules [DIR]`: DIR holds the files that `bench/rules_workload.py` writes; without it an equivalent
/// workload is made here.
struct RuleBenchmarks {
  private let workload: RuleWorkload
  private let events: [[UInt8]]

  init(directory: String?) {
    workload = RuleWorkload(directory: directory)
    events = workload.events()
  }

  func run() {
    let limit = yardstick()
    report("rules_byte_scan", limit, "events/cpu-s")
    for mix in RuleWorkload.Mix.allCases {
      for count in [1, 10, 100, 1_000, 10_000] { measure(mix, count, limit) }
    }
  }

  private func measure(_ mix: RuleWorkload.Mix, _ count: Int, _ limit: Double) {
    let texts = workload.rules(mix, count: count)
    let start = cpuSeconds()
    guard let set = compile(texts) else { return print("{\"error\":\"\(mix.rawValue) \(count) does not compile\"}") }
    let seconds = cpuSeconds() - start
    var matcher = set.makeMatcher()
    var matches = 0
    let speed = eventsPerSecond { event in
      do throws(JSONSyntaxError) { try matcher.forEachMatch(in: event) { _ in matches += 1 } } catch { matches = -1 }
    }
    let name = "rules_\(mix.rawValue)_\(count)"
    report(name, speed, "events/cpu-s", "\"ratio_to_byte_scan\":\(rounded(speed / limit)),\"matches\":\(matches)")
    if count == 1 {
      var trusting = set.makeMatcher(keysAreUnique: true)
      let speed = eventsPerSecond { event in
        do throws(JSONSyntaxError) { try trusting.forEachMatch(in: event) { _ in matches += 1 } } catch { matches = -1 }
      }
      report("\(name)_unique_keys", speed, "events/cpu-s", "\"ratio_to_byte_scan\":\(rounded(speed / limit))")
    }
    if count == 10_000 {
      report("\(name)_compile", Double(count) / seconds, "rules/cpu-s", "\"milliseconds\":\(rounded(seconds * 1_000))")
      report("\(name)_memory", Double(set.memorySize) / Double(count), "bytes/rule", "\"total\":\(set.memorySize)")
    }
  }

  /// From text to tables, as the daemon does it.
  private func compile(_ texts: [[UInt8]]) -> PatternSet? {
    let patterns = texts.compactMap { text in
      (try? JSONDocument(parsing: text)).flatMap { try? EventPattern($0.root) }
    }
    return patterns.count == texts.count ? try? PatternSet(patterns) : nil
  }

  /// The best of five rounds over all events, in CPU time of this thread.
  private func eventsPerSecond(_ body: (UnsafeRawBufferPointer) -> Void) -> Double {
    var best = 0.0
    for _ in 0..<6 {
      let start = cpuSeconds()
      for event in events { event.withUnsafeBytes { body($0) } }
      best = max(best, Double(events.count) / (cpuSeconds() - start))
    }
    return best
  }

  /// A plain loop that skips strings eight bytes at a time and hashes those that are keys.
  private func yardstick() -> Double {
    var sum: UInt64 = 0
    let speed = eventsPerSecond { sum &+= ByteScan.hashOfKeys($0) }
    if sum == 0 { print("{\"error\":\"no keys\"}") }
    return speed
  }

  private func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private func rounded(_ value: Double) -> Double {
    (value * 1_000).rounded() / 1_000
  }

  private func report(_ name: String, _ value: Double, _ unit: String, _ more: String? = nil) {
    let rest = more.map { ",\($0)" } ?? ""
    print("{\"name\":\"\(name)\",\"value\":\(value.rounded()),\"unit\":\"\(unit)\"\(rest)}")
  }
}

/// The least that any reader of JSON must do.
enum ByteScan {
  static func hashOfKeys(_ event: UnsafeRawBufferPointer) -> UInt64 {
    guard let base = event.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
    var sum: UInt64 = 0
    var position = 0
    while position < event.count {
      guard base[position] == UInt8(ascii: "\"") else {
        position &+= 1
        continue
      }
      let hash = skipString(base, event.count, &position)
      if position < event.count, base[position] == UInt8(ascii: ":") { sum &+= hash }
    }
    return sum
  }

  @inline(__always)
  private static func skipString(_ base: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var hash: UInt64 = 0
    position &+= 1
    while position &+ 8 <= count {
      let word = UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)
      let quotes = word ^ (ones &* 0x22)
      let slashes = word ^ (ones &* 0x5C)
      let hits = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & (ones &* 0x80)
      guard hits != 0 else {
        hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
        position &+= 8
        continue
      }
      let bits = hits.trailingZeroBitCount & ~7
      hash = (hash ^ (word & ((1 &<< UInt64(bits)) &- 1))) &* 0x9E37_79B9_7F4A_7C15
      position &+= bits / 8 &+ 1
      if base[position &- 1] == UInt8(ascii: "\"") { return hash }
      position &+= 1
    }
    while position < count, base[position] != UInt8(ascii: "\"") { position &+= 1 }
    position &+= 1
    return hash
  }
}
