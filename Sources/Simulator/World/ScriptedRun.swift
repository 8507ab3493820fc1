/// A run and everything that will happen to it: what the API shows is a pure function of this and the time.
package struct ScriptedRun: Sendable {
  package enum Phase: String, Sendable, CaseIterable {
    case pending, running, succeeded, failed, error, cancelled
    /// From then on the run doesn't exist.
    case deleted

    package var isTerminal: Bool {
      switch self {
      case .succeeded, .failed, .error, .cancelled: true
      case .pending, .running, .deleted: false
      }
    }
  }

  package struct Step: Sendable, Equatable {
    /// Unix milliseconds; in a scenario, milliseconds from the simulator's start.
    package var at: Int64
    package var phase: Phase
    package var reason: String?
    package var message: String?

    package init(at: Int64, _ phase: Phase, reason: String? = nil, message: String? = nil) {
      self.at = at
      self.phase = phase
      self.reason = reason
      self.message = message
    }
  }

  package struct Kill: Sendable {
    /// The client's value; goes into `spec.killedAt` unchanged.
    package let killedAt: Int64
    /// When the client sent it.
    package let at: Int64
  }

  package var runID: String
  package var flow: String
  package var trainingProject: String?
  /// Nil: the scenario's.
  package var dialect: Dialect?
  /// Unix milliseconds; in a scenario, milliseconds from the simulator's start. The run is invisible before.
  package var created: Int64
  package var attributes: [String: String]
  /// In time order. The run is pending from its creation; that step is implicit.
  package var life: [Step]
  /// Milliseconds from a kill until the run is cancelled; `killedAt` shows at once.
  package var killDelay: Int64 = 0
  package var kill: Kill?
  /// Served unchanged instead of a document made from the life.
  package var document: [UInt8]?
  /// The number of models of a run that has succeeded.
  package var checkpoints = 3
  /// When its models can be had, in Unix milliseconds; nil: the scenario's `exportDelay` after its end.
  package var exportedAt: Int64?
  /// Served unchanged for every model of the run instead of a generated one.
  package var archive: [UInt8]?

  package init(
    _ runID: String, flow: String = "detector", trainingProject: String? = "project_demo", dialect: Dialect? = nil,
    created: Int64, attributes: [String: String] = [:], life: [Step] = [], document: [UInt8]? = nil
  ) {
    self.runID = runID
    self.flow = flow
    self.trainingProject = trainingProject
    self.dialect = dialect
    self.created = created
    self.attributes = attributes
    self.life = life
    self.document = document
  }
}

extension ScriptedRun {
  /// What has happened until `now`, in time order; the first step is pending. Empty before the creation.
  package func story(at now: Int64) -> [Step] {
    guard created <= now else { return [] }
    var steps = life
    if let kill {
      steps.removeAll { $0.at > kill.at }
      steps.append(
        Step(at: kill.at + killDelay, .cancelled, reason: "Killed", message: "The run was killed by a user."))
    }
    if steps.first?.phase != .pending || steps.first?.at != created {
      steps.insert(Step(at: created, .pending), at: 0)
    }
    return steps.filter { $0.at <= now }
  }

  package func isVisible(at now: Int64) -> Bool {
    created <= now && !life.contains { $0.phase == .deleted && $0.at <= now }
  }

  /// The moment of the last change.
  package var settled: Int64 {
    max(created, life.last?.at ?? created, kill.map { $0.at + killDelay } ?? created)
  }

  /// `spec.killedAt`: the time of the kill, or of being cancelled without one.
  func killedAt(at now: Int64) -> Int64? {
    if let kill, kill.at <= now { return kill.killedAt }
    return life.last { $0.phase == .cancelled && $0.at <= now }?.at
  }

  /// The same run with every time moved by `milliseconds`.
  package func shifted(by milliseconds: Int64) -> ScriptedRun {
    var run = self
    run.created += milliseconds
    run.life = life.map { Step(at: $0.at + milliseconds, $0.phase, reason: $0.reason, message: $0.message) }
    run.kill = kill.map { Kill(killedAt: $0.killedAt + milliseconds, at: $0.at + milliseconds) }
    return run
  }
}
