@testable import Runs

extension Condition {
  static func reached(_ name: String, at time: Int64) -> Condition {
    Condition(name: name, status: .reached, time: Timestamp(milliseconds: time))
  }

  static func waiting(_ name: String) -> Condition {
    Condition(name: name, status: .waiting, time: Timestamp(milliseconds: 0))
  }

  static func failedReach(_ name: String, at time: Int64) -> Condition {
    Condition(name: name, status: .failedReach, time: Timestamp(milliseconds: time))
  }
}

extension PhaseReading {
  init(_ conditions: [Condition], killedAt: Int64? = nil, createdAt: Int64? = nil) {
    self.init(
      conditions: conditions, killedAt: killedAt.map(Timestamp.init(milliseconds:)),
      createdAt: createdAt.map(Timestamp.init(milliseconds:)))
  }

  /// `succeeded@30`, in one word for a comparison.
  var short: String { "\(phase.rawValue)@\(since.milliseconds)" }
}
