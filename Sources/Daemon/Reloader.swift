internal import JSONSource
internal import Locking
internal import Logging
internal import Rules
internal import Runs
internal import StatusPort
internal import Storage
internal import Telemetry
internal import ViAPI
internal import Watching

/// Reads the rules file anew when somebody asks for it (SIGHUP), and when the file has become another one. What can't be used is
/// said, and changes nothing.
final class Reloader: Sendable {
  /// Between two looks at the file. Looking at it is one system call, and sees what a watch on a directory (inotify) does not: a
  /// link swapped further up, a file on a network disk.
  static let pause: Duration = .seconds(1)
  /// Mistakes of one file that are logged; `check` has them all.
  private static let maxMistakes = 50

  private enum Cause {
    case signal
    case request(Agent)
    case file

    var words: String {
      switch self {
      case .signal: "SIGHUP"
      case .request: "the status port was asked to"
      case .file: "the file has changed"
      }
    }

    var agent: Agent {
      switch self {
      case .signal: Agent(.signal, name: "SIGHUP")
      case .request(let agent): agent
      case .file: Agent(.file)
      }
    }

    var isFile: Bool { if case .file = self { true } else { false } }
  }

  private struct State {
    /// Who wants it to be read, whether or not it has changed.
    var asked: Cause?
    /// Why it was read last.
    var cause = Cause.file
    /// The file as it was when it was read last, with whatever result.
    var tried: FileStamp?
    /// As it was at the last look: whoever writes it may not have finished.
    var seen: FileStamp?
    /// Those who want to know what becomes of it.
    var waiters = ReloadWaiters<CheckedContinuation<ReloadAnswer?, Never>>()
  }

  private let resources: Resources
  private let lifeSign: LifeSign
  private let state: Locked<State>
  private let bell = WakeUp()

  init(_ resources: Resources, _ configuration: Configuration, _ lifeSign: LifeSign) {
    self.resources = resources
    self.lifeSign = lifeSign
    state = Locked(State(tried: configuration.origin?.stamp, seen: configuration.origin?.stamp))
    resources.telemetry.isRulesFileInUse.set(1)
    noteRead()
  }

  /// Asks for the file to be read anew, whether or not it has changed: a secret that it refers to may have.
  func ask() { ask(.signal) }

  private func ask(_ cause: Cause) {
    state.withLock { $0.asked = cause }
    bell.ring()
  }

  /// The same, and returns what has become of it. Nil: it was cancelled before that was decided.
  func reload(by agent: Agent) async -> ReloadAnswer? {
    let id = state.withLock { $0.waiters.takeNumber() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isLate = state.withLock { state in
          // The cancellation handler may have run before the entry existed.
          if Task.isCancelled { return true }
          state.waiters.add(continuation, as: id)
          return false
        }
        if isLate { continuation.resume(returning: nil) } else { ask(.request(agent)) }
      }
    } onCancel: {
      state.withLock { $0.waiters.remove(id) }?.resume(returning: nil)
    }
  }

  private func answer(_ answer: ReloadAnswer) {
    let waiters = state.withLock { $0.waiters.endRead() }
    for waiter in waiters { waiter.resume(returning: answer) }
    // Also after a refusal: the service goes on. Before the first whole sweep it isn't ready, whatever the rules say.
    if resources.status.snapshot.lastWholeSweep != nil { resources.systemd?.ready() }
  }

  /// Returns the next configuration that can take the place of this runtime's. Throws `CancellationError` when cancelled, and
  /// `StorageError` when what was refused can't be recorded.
  func next(after runtime: Runtime) async throws -> Runtime.Plan {
    while true {
      let cause = try await wait(for: runtime.configuration.origin)
      if let plan = try await reread(cause, runtime) { return plan }
    }
  }

  private func wait(for origin: Configuration.Origin?) async throws -> Cause {
    while true {
      try Task.checkCancellation()
      if let cause = takeAsked() { return cause }
      if let origin, hasChanged(origin) { return .file }
      let time = resources.clock.system
      await withTaskGroup { group in
        group.addTask { try? await time.sleep(Self.pause) }
        group.addTask { [bell] in await bell.wait() }
        await group.next()
        group.cancelAll()
      }
    }
  }

  private func takeAsked() -> Cause? {
    state.withLock { state in
      defer { state.asked = nil }
      return state.asked
    }
  }

  /// It is another one than when it was read, and has been the same for a while.
  private func hasChanged(_ origin: Configuration.Origin) -> Bool {
    let now = FileStamp(path: origin.path)
    return state.withLock { state in
      defer { state.seen = now }
      return now != state.tried && now == state.seen
    }
  }

  private func reread(_ cause: Cause, _ runtime: Runtime) async throws(StorageError) -> Runtime.Plan? {
    state.withLock { state in
      state.cause = cause
      state.waiters.beginRead()
    }
    guard let origin = runtime.configuration.origin else {
      resources.log.warning("SIGHUP is ignored: these rules were read from no file")
      let why = "they were read from no file"
      try await record(.reloadRefused, detail: why)
      answer(.refused(why))
      return nil
    }
    let stamp = FileStamp(path: origin.path)
    state.withLock { $0.tried = stamp }
    do throws(Refusal) {
      let next = try read(origin, runtime, unlessUnchanged: cause.isFile)
      if next == nil { resources.telemetry.reloads.add(to: .unchanged) }
      return next
    } catch {
      try await refuse(error, cause, origin)
      return nil
    }
  }

  /// Why a file can't be used.
  private struct Refusal: Error {
    let result: ReloadResult
    let why: String
    var advice = "mend it; a changed file is read by itself"
  }

  /// Nil: it has not changed.
  private func read(
    _ origin: Configuration.Origin, _ runtime: Runtime, unlessUnchanged: Bool
  ) throws(Refusal) -> Runtime.Plan? {
    let check: Configuration.Check?
    do throws(Failure) {
      check = try runtime.configuration.reread(origin, unlessUnchanged: unlessUnchanged)
    } catch {
      throw Refusal(result: .unreadable, why: error.description)
    }
    guard let check else { return nil }
    report(check, origin)
    guard let configuration = check.configuration else {
      let count = check.diagnostics.count { $0.severity == .error }
      throw Refusal(result: .invalid, why: count == 1 ? "it has a mistake" : "it has \(count) mistakes")
    }
    return try plan(configuration, after: runtime.client)
  }

  private func plan(_ configuration: Configuration, after former: ViClient) throws(Refusal) -> Runtime.Plan {
    let client: ViClient
    do throws(Failure) {
      client = try configuration.file.source.client(
        configuration.secrets, resources.http, resources.clock.even, after: former)
    } catch {
      throw Refusal(result: .invalid, why: error.description)
    }
    let advice = "restart to watch that, or put the old one back"
    let (now, next) = (former.origin, client.origin)
    if now.organization != next.organization {
      throw Refusal(
        result: .needsRestart, why: "it watches another organization (\(next.organization))", advice: advice)
    }
    if now.endpoint != next.endpoint {
      throw Refusal(result: .needsRestart, why: "it watches another Vi API (\(next.endpoint))", advice: advice)
    }
    return Runtime.Plan(configuration: configuration, client: client)
  }

  private func record(_ kind: Act.Kind, detail: String) async throws(StorageError) {
    let agent = state.withLock { $0.cause }.agent
    try await resources.store.record(Act(at: resources.clock.now, kind, by: agent, detail: detail))
  }

  /// It is in use now.
  func succeeded(_ runtime: Runtime) async throws(StorageError) {
    lifeSign.note(reload: nil)
    resources.telemetry.reloads.add(to: .applied)
    resources.telemetry.isRulesFileInUse.set(1)
    noteRead()
    let file = runtime.configuration.file
    resources.log.notice(
      "the rules file was read anew",
      metadata: [
        "file": "\(runtime.configuration.origin?.path ?? "")", "cause": "\(state.withLock { $0.cause.words })",
        "rules": "\(file.rules.count)", "destinations": "\(file.destinations.count)",
      ])
    try await record(.reload, detail: runtime.configuration.origin?.path ?? "")
    answer(.applied)
  }

  private func refuse(_ refusal: Refusal, _ cause: Cause, _ origin: Configuration.Origin) async throws(StorageError) {
    lifeSign.note(reload: refusal.why)
    resources.telemetry.reloads.add(to: refusal.result)
    resources.telemetry.isRulesFileInUse.set(0)
    resources.log.error(
      "the rules file can't be used as it is now; the rules in use stay in use",
      metadata: [
        "file": "\(origin.path)", "cause": "\(cause.words)", "why": "\(refusal.why)", "advice": "\(refusal.advice)",
      ])
    try await record(.reloadRefused, detail: refusal.why)
    answer(.refused(refusal.why))
  }

  private func report(_ check: Configuration.Check, _ origin: Configuration.Origin) {
    var locator = SourceLocator(check.bytes)
    for diagnostic in check.diagnostics.prefix(Self.maxMistakes) {
      let place = locator.location(of: diagnostic.offset)
      var metadata: Logger.Metadata = [
        "place": "\(origin.path):\(place.line):\(place.column)", "why": "\(diagnostic.message)",
      ]
      if let hint = diagnostic.hint { metadata["advice"] = "\(hint)" }
      let level: Logger.Level = diagnostic.severity == .error ? .error : .warning
      resources.log.log(level: level, "in the rules file", metadata: metadata)
    }
    let more = check.diagnostics.count - Self.maxMistakes
    if more > 0 {
      resources.log.error(
        "in the rules file is more", metadata: ["count": "\(more)", "advice": "see: vi-notify check \(origin.path)"])
    }
  }

  private func noteRead() {
    resources.telemetry.rulesFileRead.set(Double(resources.clock.system.now().milliseconds) / 1_000)
  }
}
