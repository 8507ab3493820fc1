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
