/// How long the runs of one flow last, learnt from the latest ones: a smoothed histogram in log time, mixed with a prior.
///
/// Each sample is spread over neighbouring bins, so that a few samples make a smooth hazard. Beyond all samples there is a heavy
/// tail: a run that lasts longer than any before is still polled, and nothing is ever 0 or divided by 0. The size is fixed.
struct DurationDistribution: Sendable {
  /// The median in seconds while there is no sample.
  private static let believedMedian: Float = 3600
  /// The weight of that prior, in runs.
  private static let believedWeight: Float = 1
  /// The weight of the other flows, in runs.
  private static let priorWeight: Float = 2
  /// How a sample is spread over five bins: a binomial with a standard deviation of one bin.
  private static let spread: [Float] = [1, 4, 6, 4, 1].map { $0 / 16 }

  private let capacity: Int
  /// The bins of the latest samples; once there are `capacity`, the oldest is at `oldest`.
  private var samples: [UInt8] = []
  private var oldest = 0
  /// The number of samples in each bin.
  private var counts = [UInt8](repeating: 0, count: DurationBins.count)
  /// The share of runs that outlast the lower edge of each bin: falling, above 0.
  private var survival = DurationBins.edges.map(Self.believedSurvival)

  /// - Parameter capacity: the samples kept, 1 ... 255.
  init(capacity: Int) {
    self.capacity = min(max(1, capacity), 255)
  }

  /// Adds a run's duration, and drops the oldest sample if there are `capacity`.
  ///
  /// - Parameter prior: the distribution over all flows.
  mutating func add(seconds: Float, prior: DurationDistribution?) {
    let bin = DurationBins.place(of: seconds).bin
    if samples.count < capacity {
      samples.append(UInt8(bin))
    } else {
      counts[Int(samples[oldest])] -= 1
      samples[oldest] = UInt8(bin)
      oldest = (oldest + 1) % capacity
    }
    counts[bin] += 1
    updateSurvival(prior: prior)
  }

  /// The share of runs that last longer than this: 1 at 0, above 0 everywhere.
  func survival(seconds: Float) -> Float {
    guard seconds > 0 else { return 1 }
    guard seconds >= 1 else { return 1 + (survival[0] - 1) * seconds }
    let (bin, fraction) = DurationBins.place(of: seconds)
    guard bin + 1 < DurationBins.count else { return survival[bin] * (DurationBins.edges[bin] / seconds) }
    return survival[bin] + (survival[bin + 1] - survival[bin]) * fraction
  }

  /// Ends per second among the runs that have lasted this long: above 0, finite. Averaged over the next 1/16 of that time.
  func hazard(seconds: Float) -> Double {
    let from = min(max(seconds, 0), DurationBins.longest)
    let width = max(from / 16, 1)
    let now = Double(survival(seconds: from))
    return (now - Double(survival(seconds: from + width))) / (now * Double(width))
  }

  private mutating func updateSurvival(prior: DurationDistribution?) {
    let priorWeight = prior == nil ? 0 : Self.priorWeight
    let total = Float(samples.count) + priorWeight + Self.believedWeight
    var seen: Float = 0
    for bin in (0..<DurationBins.count).reversed() {
      for offset in -2...2 where counts.indices.contains(bin + offset) {
        seen += Float(counts[bin + offset]) * Self.spread[offset + 2]
      }
      let believed = Self.believedWeight * Self.believedSurvival(DurationBins.edges[bin])
      survival[bin] = (seen + believed + priorWeight * (prior?.survival[bin] ?? 0)) / total
    }
  }

  /// A Pareto tail: its hazard is 1 / (median + elapsed).
  private static func believedSurvival(_ seconds: Float) -> Float {
    believedMedian / (believedMedian + seconds)
  }
}

/// Four bins per octave from 1 s to 2^25 s, a little more than a year. A number's bin follows from its bits, and time is linear
/// within a bin, so that a lookup needs no logarithm.
enum DurationBins {
  static let count = 100
  static let longest: Float = 0x1p25
  static let edges: [Float] = (0..<count).map { Float(bitPattern: Float(1).bitPattern + UInt32($0) << 21) }

  /// The bin, and the position in it: 0 ..< 1. Values outside all bins are at the start of the first or last.
  @inline(__always)
  static func place(of seconds: Float) -> (bin: Int, fraction: Float) {
    guard seconds > 1 else { return (0, 0) }
    let bits = seconds.bitPattern - Float(1).bitPattern
    let bin = Int(bits >> 21)
    guard bin < count else { return (count - 1, 0) }
    return (bin, Float(bits & 0x1F_FFFF) * 0x1p-21)
  }
}
