import JSONSource

/// The parts of a scenario.
extension ScenarioReader {
  mutating func scenario(_ node: JSONNode) -> Scenario {
    var scenario = Scenario()
    let known = [
      "organization", "secretKey", "maximumPageSize", "dialect", "modelSize", "models", "runs", "population", "faults",
      "inbox", "hostile",
    ]
    guard check(node, "a scenario", has: known) else { return scenario }
    scenario.organization = id(node, "organization") ?? scenario.organization
    scenario.secretKey = string(node, "secretKey") ?? scenario.secretKey
    scenario.maximumPageSize = integer(node, "maximumPageSize", in: 1...100_000) ?? scenario.maximumPageSize
    scenario.modelSize = integer(node, "modelSize", in: 4...8_000_000_000) ?? scenario.modelSize
    if let value = node.present("models") { scenario.models = models(value) }
    scenario.dialect = word(node, "dialect", Dialect.self, orElse: ["mixed"])
    scenario.runs = runs(node)
    scenario.population = node.present("population").map { population($0) }
    if let value = node.present("faults") { scenario.faults = faults(value) }
    if let value = node.present("inbox"), check(value, "inbox", has: value.members?.map(\.key) ?? []) {
      for member in value.members ?? [] { scenario.inbox[member.key] = answers(member.value) }
    }
    scenario.hostile = node.present("hostile").map { hostility($0) }
    return scenario
  }

  private mutating func models(_ node: JSONNode) -> ModelFiles {
    var files = ModelFiles()
    let known = [
      "shards", "adapter", "weights", "gzip", "exportDelay", "linkLifetime", "ranges", "checksum",
    ]
    guard check(node, "models", has: known) else { return files }
    files.shards = integer(node, "shards", in: 1...1_000) ?? files.shards
    files.hasAdapter = bool(node, "adapter") ?? files.hasAdapter
    files.weights = word(node, "weights", ModelFiles.Weights.self) ?? files.weights
    files.isGzip = bool(node, "gzip") ?? files.isGzip
    files.exportDelay = duration(node, "exportDelay") ?? files.exportDelay
    files.linkLifetime = duration(node, "linkLifetime") ?? files.linkLifetime
    files.givesRanges = bool(node, "ranges") ?? files.givesRanges
    files.checksum = word(node, "checksum", ModelFiles.Checksum.self) ?? files.checksum
    return files
  }

  private mutating func runs(_ node: JSONNode) -> [ScriptedRun] {
    var seen: Set<String> = []
    return list(node, "runs") { reader, node in
      let run = reader.run(node)
      if !seen.insert(run.runID).inserted, let value = node["runId"] {
        reader.report(at: value.range.lowerBound, "two runs have the id \"\(run.runID)\"")
      }
      return run
    }
  }

  mutating func runOrRuns(_ node: JSONNode) -> [ScriptedRun] {
    node.elements == nil ? [run(node)] : list(node, named: "runs") { $0.run($1) }
  }

  private mutating func run(_ node: JSONNode) -> ScriptedRun {
    var run = ScriptedRun("", created: 0)
    let known = [
      "runId", "flow", "trainingProject", "dialect", "created", "attributes", "life", "killed", "killDelay",
      "checkpoints", "document",
    ]
    guard check(node, "a run", has: known) else { return run }
    if node["runId"] == nil { report(at: node.range.lowerBound, "this run has no runId") }
    run.runID = id(node, "runId") ?? ""
    run.flow = string(node, "flow") ?? run.flow
    if node["trainingProject"] != nil { run.trainingProject = string(node, "trainingProject") }
    run.dialect = word(node, "dialect", Dialect.self, orElse: ["mixed"])
    run.created = duration(node, "created", mayBeNegative: true) ?? 0
    run.attributes = strings(node, "attributes")
    run.life = life(node, created: run.created)
    run.killDelay = duration(node, "killDelay") ?? 0
    run.kill = duration(node, "killed", mayBeNegative: true).map { ScriptedRun.Kill(killedAt: $0, at: $0) }
    run.checkpoints = integer(node, "checkpoints", in: 0...10_000) ?? run.checkpoints
    run.document = node["document"].map { raw($0) }
    return run
  }

  /// `after` counts from the previous step; the first from the creation or the simulator's start, whichever is later.
  private mutating func life(_ node: JSONNode, created: Int64) -> [ScriptedRun.Step] {
    var time = max(created, 0)
    var earliest = created
    return list(node, "life") { reader, node in
      reader.check(node, "a step", has: ["after", "at", "phase", "reason", "message"])
      if (node["after"] == nil) == (node["at"] == nil) {
        reader.report(at: node.range.lowerBound, "a step needs either after or at")
      }
      let at = reader.duration(node, "at", mayBeNegative: true)
      time = at ?? time + (reader.duration(node, "after") ?? 0)
      if at != nil, time < earliest, let value = node["at"] {
        reader.report(at: value.range.lowerBound, "this step is earlier than the one before it")
      }
      earliest = max(earliest, time)
      if node["phase"] == nil { reader.report(at: node.range.lowerBound, "this step has no phase") }
      let phase = reader.word(node, "phase", ScriptedRun.Phase.self) ?? .pending
      return ScriptedRun.Step(
        at: time, phase, reason: reader.string(node, "reason"), message: reader.string(node, "message"))
    }
  }

  private mutating func population(_ node: JSONNode) -> Population {
    check(node, "a population", has: ["count", "seed", "ended", "over"])
    var population = Population(count: integer(node, "count", in: 0...1_000_000) ?? 0)
    population.seed = UInt64(integer(node, "seed", in: 0...Int.max) ?? 1)
    population.ended = part(node, "ended") ?? population.ended
    population.over = duration(node, "over") ?? population.over
    return population
  }

  mutating func faults(_ node: JSONNode) -> [Fault] {
    list(node, named: "faults") { reader, node in
      reader.check(node, "a fault", has: ["on", "after", "times", "answer"])
      let kind = reader.word(node, "on", RequestKind.self, orElse: ["any"])
      if kind == .inbox, let value = node["on"] {
        reader.report(at: value.range.lowerBound, "an inbox has no faults", hint: "put its answers under inbox")
      }
      let after = reader.integer(node, "after", in: 0...Int.max) ?? 0
      var answer = ScriptedAnswer(.usual)
      if let value = node.present("answer") {
        answer = reader.answer(value, timesAllowed: false)
      } else {
        reader.report(at: node.range.lowerBound, "this fault has no answer")
      }
      answer.times = reader.times(node)
      return Fault(on: kind, after: after, answer)
    }
  }

  mutating func answers(_ node: JSONNode) -> [ScriptedAnswer] {
    list(node, named: "an inbox") { $0.answer($1, timesAllowed: true) }
  }

  /// `"hang"`, or `{"status", "headers", "body", "delay"}`; without a status it is the regular answer, delayed.
  private mutating func answer(_ node: JSONNode, timesAllowed: Bool) -> ScriptedAnswer {
    let manners: [String: ScriptedAnswer.Reply] = [
      "hang": .hang, "reset": .reset, "cutShort": .cutShort, "malformed": .malformed, "slow": .slow,
    ]
    func manner(_ value: JSONNode) -> ScriptedAnswer.Reply {
      if let reply = value.string.flatMap({ manners[$0] }) { return reply }
      report(
        at: value.range.lowerBound, "this isn't an answer",
        hint: "known: \(manners.keys.sorted().joined(separator: ", "))")
      return .usual
    }
    if node.string != nil { return ScriptedAnswer(manner(node)) }
    let known = ["status", "headers", "body", "delay", "answer"] + (timesAllowed ? ["times"] : [])
    guard check(node, "an answer", has: known) else { return ScriptedAnswer(.usual) }
    var answer = ScriptedAnswer(.usual, delay: duration(node, "delay") ?? 0, times: timesAllowed ? times(node) : 1)
    if let word = node.present("answer") {
      answer.reply = manner(word)
    } else if let status = integer(node, "status", in: 200...599) {
      let body = node.present("body")
      let bytes = body?.string.map { Array($0.utf8) } ?? body.map { raw($0) } ?? []
      answer.reply = .status(status, headers: strings(node, "headers"), body: bytes)
    }
    return answer
  }

  /// Once by default; nil for `"always"`.
  private mutating func times(_ node: JSONNode) -> Int? {
    if node["times"]?.string == "always" { return nil }
    return integer(node, "times", in: 0...Int.max) ?? 1
  }

  private mutating func strings(_ node: JSONNode, _ key: String) -> [String: String] {
    guard let value = node.present(key), check(value, key, has: value.members?.map(\.key) ?? []) else { return [:] }
    var strings: [String: String] = [:]
    for member in value.members ?? [] { strings[member.key] = string(value, member.key) }
    return strings
  }

  /// What the vendor accepts as an id: 1 to 255 letters, digits, `_` and `-`.
  private mutating func id(_ node: JSONNode, _ key: String) -> String? {
    guard let text = string(node, key) else { return nil }
    let isGood = text.utf8.allSatisfy { $0 == 0x5F || $0 == 0x2D || Character(Unicode.Scalar($0)).isASCIIWord }
    if !isGood || !(1...255).contains(text.utf8.count), let value = node[key] {
      report(at: value.range.lowerBound, "\"\(text)\" isn't an id", hint: "1 to 255 letters, digits, _ and -")
    }
    return text
  }
}

extension Character {
  fileprivate var isASCIIWord: Bool { isASCII && (isLetter || isNumber) }
}
