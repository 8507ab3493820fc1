internal import Delivery
internal import HTTPServing
internal import Logging
internal import Rules
internal import Runs
internal import Secrets
internal import ServiceLifecycle
internal import StatusPort
internal import Storage
internal import ViAPI
internal import Watching

/// Serves the status port until the process ends. Its errors don't end the process.
struct StatusService: Service {
  let port: StatusPort
  let server: Server
  let log: Logger

  func run() async throws {
    let result = await stoppable {
      try await withThrowingTaskGroup { group in
        // Watching and delivering come first when the machine is busy.
        group.addTask(priority: .utility) { try await server.run() }
        group.addTask(priority: .utility) { try await port.run() }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
    if case .failure(let error) = result {
      log.error("the status port has failed; restart vi-notify to get it back", metadata: ["why": "\(error)"])
    }
    try await gracefulShutdown()
  }
}

/// The running watcher, as the status port sees it.
struct RunningWatcher: StatusSubject {
  let current: CurrentRuntime
  let resources: Resources
  let lifeSign: LifeSign
  let reloader: Reloader
  let dispatcher: Dispatcher

  var facts: LiveFacts {
    let (runtime, seen) = (current.runtime, resources.status.snapshot)
    let (file, redactor) = (runtime.configuration.file, runtime.configuration.secrets.redactor)
    var facts = LiveFacts(startedAt: lifeSign.startedAt)
    (facts.endpoint, facts.organization) = (runtime.client.origin.endpoint, runtime.client.origin.organization)
    facts.rulesFile = runtime.configuration.origin?.path
    facts.rules = file.rules.map { .init(name: $0.name, isEnabled: $0.isEnabled) }
    facts.destinations = file.destinations.map { destination in
      let pace = destination.common.rateLimit.map { limit in
        let per = limit.per < .seconds(1) ? "\(limit.per.milliseconds)ms" : limit.per.words
        return "\(limit.count) per \(per)"
      }
      return .init(name: destination.name, type: destination.kind.rawValue, pace: pace)
    }
    facts.reload = lifeSign.lastReload.map { .init(at: $0.at, refusal: $0.refusal.map { redactor.redact($0) }) }
    facts.follows = seen.follows
    (facts.active, facts.total, facts.lastWholeSweep) = (seen.active, seen.total, seen.lastWholeSweep)
    facts.failure = seen.failure.map { redactor.redact($0) }
    facts.patience = runtime.settings.unreachableAfter + runtime.settings.interval * 2
    return facts
  }

  func movingRuns(limit: Int) async -> [MovingFact] {
    await current.runtime.watcher.movingRuns(limit: limit).map { id, run, usual in
      MovingFact(
        id: id, phase: run.phase, flow: run.flow, since: run.since, startedAt: run.startedAt, usual: usual)
    }
  }

  func reload(by agent: Agent) async -> ReloadAnswer? {
    let answer = await reloader.reload(by: agent)
    guard case .refused(let why) = answer else { return answer }
    return .refused(current.runtime.configuration.secrets.redactor.redact(why))
  }

  func wakeDelivery() { dispatcher.wake() }
}
