import JSONSource

extension ScenarioReader {
  mutating func hostility(_ node: JSONNode) -> Hostility {
    var hostility = Hostility()
    let known = ["seed", "rate", "harms", "maxInARow", "relief", "maxWait", "sacrifices"]
    guard check(node, "hostile", has: known) else { return hostility }
    hostility.seed = integer(node, "seed", in: 0...Int.max).map { UInt64($0) } ?? hostility.seed
    hostility.rate = part(node, "rate") ?? hostility.rate
    hostility.maxInARow = integer(node, "maxInARow", in: 1...1_000_000) ?? hostility.maxInARow
    hostility.relief = integer(node, "relief", in: 0...1_000_000) ?? hostility.relief
    hostility.maxWait = duration(node, "maxWait") ?? hostility.maxWait
    hostility.sacrifices = Set(words(node, "sacrifices"))
    if let value = node.present("harms") { hostility.harms = harms(value) }
    return hostility
  }

  private mutating func harms(_ node: JSONNode) -> Set<Harm> {
    let harms = list(node, named: "harms") { reader, node -> Harm? in
      let harm = node.string.flatMap(Harm.init)
      if harm == nil {
        reader.report(
          at: node.range.lowerBound, "this isn't a harm",
          hint: "known: \(Harm.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return harm
    }
    return Set(harms.compactMap(\.self))
  }

  private mutating func words(_ node: JSONNode, _ key: String) -> [String] {
    list(node, key) { reader, node in
      if node.string == nil { reader.report(at: node.range.lowerBound, "\(key) are strings") }
      return node.string ?? ""
    }
  }
}
