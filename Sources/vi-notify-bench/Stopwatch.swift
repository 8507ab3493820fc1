import Glibc

/// Wall and CPU time of this process since it was made.
struct Stopwatch {
  private let wall = Self.seconds(CLOCK_MONOTONIC)
  private let cpu = Self.seconds(CLOCK_PROCESS_CPUTIME_ID)

  var wallSeconds: Double { Self.seconds(CLOCK_MONOTONIC) - wall }
  /// Of all threads.
  var cpuSeconds: Double { Self.seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu }

  /// By the monotonic clock, which is the same in every process.
  static var nanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Of this process, in MB.
  static var residentMegabytes: Double {
    guard let file = fopen("/proc/self/statm", "re") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
      separator: " ")
    return fields.count > 1 ? (Double(fields[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6 : 0
  }
}

/// One line of a bench's output.
func printFigure(_ name: String, _ value: Double, _ unit: String, ratio: Double? = nil) {
  let rounded = { (value: Double) in (value * 1_000).rounded() / 1_000 }
  let rest = ratio.map { ",\"ratio\":\(rounded($0))" } ?? ""
  print("{\"name\":\"\(name)\",\"value\":\(rounded(value)),\"unit\":\"\(unit)\"\(rest)}")
  fflush(nil)
}

/// A figure that can't be measured is none: the bench ends.
func giveUp(_ why: String) -> Never {
  print("{\"error\":\"\(why)\"}")
  exit(70)
}
