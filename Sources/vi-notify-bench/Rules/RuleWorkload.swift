import Glibc
import JSONSource

/// Events and rules for ``RuleBenchmarks``: read from a directory or made with a fixed seed.
struct RuleWorkload {
  /// Which operators the rules use, as in `bench/rules_workload.py`.
  enum Mix: String, CaseIterable {
    /// Exact, prefix, equals-ignore-case, anything-but with a list, exists.
    case plain
    /// And wildcard.
    case common
    /// And numeric, suffix, cidr, $or, anything-but with operators.
    case full
  }

  private let directory: String?

  init(directory: String?) {
    self.directory = directory
  }

  func events() -> [[UInt8]] {
    if let directory { return Self.lines("\(directory)/events.jsonl") }
    var generator = WorkloadGenerator(seed: 11)
    return (0..<2_000).map { Array(generator.event($0).utf8) }
  }

  func rules(_ mix: Mix, count: Int) -> [[UInt8]] {
    guard let directory else {
      var generator = WorkloadGenerator(seed: UInt64(1_000 + count))
      return (0..<count).map { _ in Array(generator.rule(mix, isOnly: count == 1).utf8) }
    }
    return Self.lines("\(directory)/rules_\(mix.rawValue)_\(count).jsonl").compactMap { line in
      (try? JSONDocument(parsing: line))?.root["pattern"]?.string.map { Array($0.utf8) }
    }
  }

  private static func lines(_ path: String) -> [[UInt8]] {
    guard let file = fopen(path, "r") else {
      // Measuring nothing would look like a measurement.
      print("vi-notify-bench: \(path) can't be read: \(String(cString: strerror(errno)))")
      exit(66)
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
  }
}
