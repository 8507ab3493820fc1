import Glibc

/// What a number of deliveries took.
struct DeliveryCost {
  let perSecond: Double
  /// CPU time of this process, microseconds for each.
  let cpu: Double

  init(_ watch: Stopwatch, deliveries: Int) {
    perSecond = Double(deliveries) / watch.wallSeconds
    cpu = watch.cpuSeconds * 1e6 / Double(deliveries)
  }

  /// The least CPU time: whatever else the machine does only adds to it.
  static func best(_ costs: [DeliveryCost]) -> DeliveryCost {
    costs.dropFirst().reduce(costs[0]) { $0.cpu < $1.cpu ? $0 : $1 }
  }
}

extension Stopwatch {
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
