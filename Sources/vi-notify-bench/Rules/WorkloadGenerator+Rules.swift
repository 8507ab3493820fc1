/// The rules. Each kind draws from the same words as the events, so that its rules match now and then.
extension WorkloadGenerator {
  private typealias Maker = @Sendable (inout WorkloadGenerator) -> String

  mutating func rule(_ mix: RuleWorkload.Mix, isOnly: Bool) -> String {
    if isOnly { return "{\(here()),\(ended())}" }
    let plain: [(Maker, Double)] = WorkloadGenerator.plain
    let common = plain + WorkloadGenerator.wildcards
    let make: Maker =
      switch mix {
      case .plain: weighted(plain)
      case .common: weighted(common)
      case .full: weighted(common.map { ($0.0, $0.1 * 0.62) } + WorkloadGenerator.others)
      }
    return "{\(make(&self))}"
  }

  private mutating func here() -> String { #""workspaceId":["\#(workspace())"]"# }

  private mutating func ended() -> String {
    let phases = pick([#""Failed""#, #""Failed","Aborted""#, #""Succeeded""#, #""Succeeded","Failed","Aborted""#])
    return "\"phase\":[\(phases)]"
  }

  private func flowName(_ test: String) -> String { #""spec":{"flow":{"name":[\#(test)]}}"# }

  private func blocks(_ members: String) -> String { #""spec":{"flow":{"blocks":{\#(members)}}}"# }

  private func status(_ members: String) -> String { #""status":{"conditions":{\#(members)}}"# }

  private func attributes(_ members: String) -> String { #""metadata":{"attributes":{\#(members)}}"# }

  private mutating func anyCase(_ text: String) -> String {
    text.map { number(0...1) == 0 ? $0.uppercased() : $0.lowercased() }.joined()
  }

  private mutating func prefixOfProject() -> String {
    let project = project()
    return String(project.prefix(number(8...project.count - 1)))
  }

  private static let plain: [(Maker, Double)] = [
    ({ "\($0.here()),\($0.ended())" }, 30),
    (
      { w in
        "\"workspaceId\":\(w.list([w.workspace(), w.workspace(), w.workspace()])),\"phase\":[\"Failed\"],\(w.flowName("\"\(w.flow())\""))"
      }, 8
    ),
    ({ "\($0.flowName("\"\($0.flow())\"")),\($0.status(#""condition":["Completed"],"status":["False"]"#))" }, 8),
    ({ #""spec":{"trainingProject":[{"prefix":"\#($0.prefixOfProject())"}]},\#($0.here()),\#($0.ended())"# }, 10),
    (
      { w in
        let team = w.anyCase(w.pick(Words.teams))
        return "\(w.attributes(#""team":[{"equals-ignore-case":"\#(team)"}],"environment":["prod"]"#)),\(w.here())"
      }, 8
    ),
    (
      { w in
        let reasons = w.list(w.sample(Words.reasons, 3))
        let condition = #""condition":["\#(w.pick(Words.conditions))"],"reason":[{"anything-but":\#(reasons)}]"#
        return "\(w.here()),\(w.status(condition + #","status":["False"]"#))"
      }, 8
    ),
    ({ #"\#($0.here()),"status":{"finishTime":[{"exists":false}]},"phase":["Running"]"# }, 5),
    ({ #"\#($0.here()),\#($0.attributes(#""ticket":[{"exists":true}],"dryRun":[false]"#))"# }, 5),
    ({ #""runId":["run-\#($0.padded(0x1000 + $0.number(0...4_000), 8, radix: 16))"]"# }, 6),
    (
      { #"\#($0.here()),\#($0.blocks(#""name":["\#($0.pick(Words.blocks))"],"kind":["\#($0.pick(Words.kinds))"]"#))"# },
      8
    ),
    (
      { w in
        let center = "cc-\(w.padded(w.number(0...99), 4))"
        return
          "\(w.attributes(#""labels":["\#(w.pick(Words.nouns))"],"costCenter":["\#(center)"]"#)),\"phase\":[\"Failed\"]"
      }, 4
    ),
  ]

  private static let wildcards: [(Maker, Double)] = [
    (
      { w in
        let text = w.pick([
          "\(w.pick(Words.verbs))-*-\(w.pick(Words.ends))", "*-\(w.pick(Words.nouns))-*", "\(w.pick(Words.verbs))-*",
        ])
        return "\(w.here()),\(w.flowName(#"{"wildcard":"\#(text)"}"#))"
      }, 8
    ),
    (
      { w in
        let text = "*/\(w.pick(Words.nouns))/\(w.pick(Words.blocks)):*"
        return "\(w.blocks(#""settings":{"image":[{"wildcard":"\#(text)"}]}"#)),\(w.here())"
      }, 3
    ),
  ]

  private static let others: [(Maker, Double)] = [
    (
      { w in
        let low = w.number(0...30)
        let range = #"[">=",\#(low),"<",\#(low + w.number(1...10))]"#
        return #""metadata":{"generation":[{"numeric":\#(range)}]},\#(w.here())"#
      }, 6
    ),
    (
      { w in
        let rate = #"[{"numeric":["<",\#(w.pick(["0.02", "0.004", "0.0006"]))]}]"#
        return "\(w.blocks(#""kind":["gpu"],"settings":{"params":{"learningRate":\#(rate)}}"#)),\(w.here())"
      }, 4
    ),
    ({ "\($0.attributes(#""priority":[{"numeric":[">",\#($0.number(0...8))]}]"#)),\($0.here()),\($0.ended())" }, 4),
    ({ #""spec":{"trainingProject":[{"suffix":"\#($0.project().suffix($0.number(5...9)))"}]},\#($0.here())"# }, 6),
    (
      {
        "\($0.attributes(#""clientIp":[{"cidr":"10.\#($0.number(0...255)).0.0/\#($0.pick([12, 16, 20]))"}]"#)),\($0.here())"
      }, 4
    ),
    (
      { w in
        let reason = w.status(#""reason":["\#(w.pick(Array(Words.reasons.dropFirst())))"],"status":["False"]"#)
        return
          #"\#(w.here()),"$or":[{"phase":["Aborted"]},{\#(reason)},{\#(w.attributes(#""environment":["prod"]"#))}]"#
      }, 6
    ),
    (
      { w in
        let excluded = w.pick([
          #"{"prefix":"\#(w.pick(Words.verbs))"}"#, #"{"suffix":"\#(w.pick(["train", "eval"]))"}"#,
          #"{"equals-ignore-case":"\#(w.anyCase(w.flow()))"}"#, #"{"wildcard":"*-\#(w.pick(Words.nouns))-*"}"#,
        ])
        return #"\#(w.here()),\#(w.flowName(#"{"anything-but":\#(excluded)}"#)),"phase":["Failed"]"#
      }, 6
    ),
  ]
}
