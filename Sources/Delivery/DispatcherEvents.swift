internal import Runs
internal import Storage

/// What goes into ``DispatcherState`` and what comes out.
extension DispatcherState {
  /// One reading of all clocks.
  struct Moment: Sendable {
    /// By the state's clock, as rows are.
    let now: Timestamp
    let uptime: Duration
    /// See `StateClock.followed`.
    var followed: Duration = .zero
  }

  /// What is to be read ahead, for ``add(_:_:)``.
  struct Reading: Sendable {
    let target: Target
    let wanted: DestinationQueue.Reading
    /// It is to be claimed in the outbox.
    let claims: Bool
    /// Not to be read.
    let underWay: Set<Int64>
    let generation: Int
  }

  /// Something to log and to count.
  enum Note: Sendable {
    case attempt(Outcome, at: TargetType, took: Duration)
    case destination(DestinationState, before: DestinationState)
    case settled(ClaimedDelivery, Settlement, number: Int, took: Duration)
  }

  /// Drawn once for each end that failed; 0 ..< 1.
  struct Randomness: Sendable {
    /// For what was delivered: nothing of it is put off, and each draw asks the kernel.
    static let unused = Randomness(probe: 0, retry: 0)

    let probe: Double
    let retry: Double

    static func drawn() -> Randomness { Randomness(probe: .random(in: 0..<1), retry: .random(in: 0..<1)) }
  }
}

extension StateStore {
  /// What a reading asks for.
  func read(_ reading: DispatcherState.Reading, at now: Timestamp) async throws(StorageError) -> [ClaimedDelivery] {
    switch reading.wanted {
    case .nothing: []
    case .due(let count, _) where reading.claims: try await claim(destination: reading.target, limit: count, at: now)
    case .due(let count, let place):
      try await due(destination: reading.target, limit: count, at: now, except: reading.underWay, after: place)
    case .probe: try await probe(destination: reading.target, at: now, except: reading.underWay).map { [$0] } ?? []
    }
  }
}
