import Runs

/// Bytes per second over the last seconds.
struct TransferRate {
  private static let window: Duration = .seconds(5)

  /// Points of the window, oldest first.
  private var points: [(time: Timestamp, bytes: Int64)] = []

  mutating func note(_ bytes: Int64, at now: Timestamp) {
    if let last = points.last, now - last.time < .milliseconds(250) { return }
    points.append((now, bytes))
    // Keep one point from before the window, to measure from.
    while points.count > 2, now - points[1].time >= Self.window { points.removeFirst() }
  }

  /// Nil until there are enough points.
  var bytesPerSecond: Double? {
    guard let first = points.first, let last = points.last, first.time < last.time else { return nil }
    return Double(last.bytes - first.bytes) / (Double((last.time - first.time).milliseconds) / 1000)
  }
}

/// Bytes as people read them: `999 B`, `1.2 GB`, in powers of a thousand.
struct ByteCount {
  private static let units = ["B", "kB", "MB", "GB", "TB"]

  private let bytes: Int64

  init(_ bytes: Int64) {
    self.bytes = bytes
  }

  var words: String { "\(text(in: power)) \(Self.units[power])" }

  /// `1.2 of 2.9 GB`: in the unit of the whole.
  func words(beside whole: ByteCount) -> String {
    "\(text(in: whole.power)) of \(whole.words)"
  }

  private var power: Int {
    var (power, rest) = (0, bytes)
    while rest >= 1000, power < Self.units.count - 1 {
      rest /= 1000
      power += 1
    }
    return power
  }

  /// With one decimal if there is one digit before the point.
  private func text(in power: Int) -> String {
    let divisor = (0..<power).reduce(Int64(1)) { value, _ in value * 1000 }
    let whole = bytes / divisor
    return whole >= 10 || power == 0 ? "\(whole)" : "\(whole).\(bytes % divisor * 10 / divisor)"
  }
}
