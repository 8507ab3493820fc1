internal import Glibc
internal import Telemetry

/// Facts about this process from /proc (proc_pid_stat(5)), under the names that all Prometheus clients use.
enum ProcessSamples {
  static func read() -> [Sample] {
    var samples: [Sample] = []
    let fields = statFields()
    func field(_ number: Int) -> Double? { number - 3 < fields.count ? Double(fields[number - 3]) : nil }
    let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    if let user = field(14), let system = field(15) {
      samples.append(
        .read(
          "process_cpu_seconds_total", "User and system CPU time spent.", (user + system) / ticks, kind: .counter))
    }
    if let size = field(23) {
      samples.append(.read("process_virtual_memory_bytes", "Virtual memory size.", size))
    }
    if let pages = field(24) {
      samples.append(
        .read("process_resident_memory_bytes", "Resident memory size.", pages * Double(sysconf(Int32(_SC_PAGESIZE)))))
    }
    if let start = field(22), let boot = bootTime() {
      samples.append(
        .read("process_start_time_seconds", "Start time of the process since the Unix epoch.", boot + start / ticks))
    }
    samples.append(.read("process_open_fds", "Number of open file descriptors.", Double(openDescriptors())))
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      samples.append(.read("process_max_fds", "Maximum number of open file descriptors.", Double(limit.rlim_cur)))
    }
    return samples
  }

  /// From the third field on: the second, the program's name, may contain spaces.
  private static func statFields() -> [Substring] {
    let text = text(of: "/proc/self/stat")
    guard let close = text.lastIndex(of: ")") else { return [] }
    return text[text.index(after: close)...].split(separator: " ")
  }

  private static func bootTime() -> Double? {
    let line = text(of: "/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst(6)) }
  }

  private static func openDescriptors() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // `.`, `..`, and the directory itself.
    return max(0, count - 3)
  }

  /// The first 64 KiB; empty when it can't be read.
  private static func text(of path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
