/// Makes run documents of about 3 kB and rules for them, of the same kinds and in the same shares as
/// `bench/rules_workload.py` makes them, though not the same ones.
struct WorkloadGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// Vigna's SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(next() % UInt64(elements.count))]
  }

  mutating func sample(_ elements: [String], _ count: Int) -> [String] {
    var rest = elements
    return (0..<min(count, rest.count)).map { _ in rest.remove(at: number(0...rest.count - 1)) }
  }

  /// 0 ..< 1.
  mutating func fraction() -> Double {
    Double(next() >> 11) / Double(1 << 53)
  }

  mutating func weighted<Element>(_ elements: [(Element, Double)]) -> Element {
    var left = fraction() * elements.reduce(0) { $0 + $1.1 }
    for (element, weight) in elements {
      left -= weight
      if left < 0 { return element }
    }
    return elements[elements.count - 1].0
  }

  /// A number as text with leading zeros.
  func padded(_ value: Int, _ width: Int, radix: Int = 10) -> String {
    let text = String(value, radix: radix)
    return String(repeating: "0", count: max(width - text.count, 0)) + text
  }

  func list(_ texts: [String]) -> String {
    "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]"
  }
}

/// The words that events and rules draw from.
enum Words {
  static let verbs = ["nightly", "hourly", "adhoc", "retrain", "backfill", "smoke", "canary", "weekly"]
  static let nouns = [
    "vision", "speech", "ranking", "pricing", "fraud", "search", "demand", "routing", "ocr", "translation",
  ]
  static let ends = ["train", "eval", "export"]
  static let kinds = ["io", "gpu", "cpu", "report", "notify", "gate", "transform", "register"]
  static let blocks = [
    "load", "split", "augment", "train", "evaluate", "calibrate", "register", "export", "report", "cleanup",
  ]
  static let conditions = ["Scheduled", "Started", "Completed"]
  static let reasons = [
    "", "OutOfMemory", "Cancelled", "Timeout", "ImagePullFailed", "QuotaExceeded", "NodeLost", "UserError", "Preempted",
  ]
  static let teams = ["Vision", "Speech", "Ranking", "Pricing", "FraudOps", "Search", "Demand", "Routing"]
  static let environments = ["prod", "staging", "dev"]
  static let regions = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-south-1"]
  static let optimizers = ["adamw", "sgd", "lion", "adafactor"]
  static let rates = ["0.1", "0.01", "0.003", "0.0005", "1e-05"]
  static let phases: [(String, Double)] = [
    ("Pending", 8), ("Scheduled", 10), ("Running", 30), ("Succeeded", 34), ("Failed", 12), ("Aborted", 6),
  ]
  static let prose = "the run stopped because worker node lost contact with scheduler after several retries and volume"
    .split(separator: " ").map(String.init)
}

extension WorkloadGenerator {
  mutating func workspace() -> String { "ws-\(padded(number(0...499), 4))" }

  mutating func flow() -> String { "\(pick(Words.verbs))-\(pick(Words.nouns))-\(pick(Words.ends))" }

  mutating func project() -> String {
    "proj-\(pick(["eu", "us", "ap"]))-\(pick(Words.nouns))-\(padded(number(0...4), 2))"
  }

  private mutating func time() -> String {
    let day = "2025-\(padded(number(3...10), 2))-\(padded(number(1...28), 2))"
    return
      "\(day)T\(padded(number(0...23), 2)):\(padded(number(0...59), 2)):\(padded(number(0...59), 2)).\(number(100...999))Z"
  }

  mutating func event(_ index: Int) -> String {
    let blocks = sample(Words.blocks, 6).map { block($0) }.joined(separator: ",")
    let conditions = Words.conditions.map { condition($0) }.joined(separator: ",")
    let flow = #"{"name":"\#(flow())","schema":"v\#(number(1...3)).\#(number(0...9))","blocks":[\#(blocks)]}"#
    let metadata =
      #"{"timeCreated":"\#(time())","lastUpdated":"\#(time())","generation":\#(number(1...40)),"#
      + #""attributes":\#(attributes())}"#
    let id = "run-\(padded(0x1000 + index, 8, radix: 16))"
    return #"{"workspaceId":"\#(workspace())","runId":"\#(id)","phase":"\#(weighted(Words.phases))","#
      + #""spec":{"flow":\#(flow),"trainingProject":"\#(project())"},"status":{"conditions":[\#(conditions)]},"#
      + #""metadata":\#(metadata)}"#
  }

  private mutating func block(_ name: String) -> String {
    let image = "registry.example.com/\(pick(Words.nouns))/\(name):\(number(1...9)).\(number(0...40))"
    let resources =
      #"{"cpu":\#(pick([1, 2, 4, 8, 16])),"memoryGiB":\#(pick(["2", "8", "31.5", "64"])),"gpu":\#(pick([0, 0, 1, 4]))}"#
    let params =
      #"{"learningRate":\#(pick(Words.rates)),"epochs":\#(number(1...200)),"batchSize":\#(1 << number(3...10)),"#
      + #""optimizer":"\#(pick(Words.optimizers))"}"#
    let version = "\(number(0...4)).\(number(0...20)).\(number(0...9))"
    return #"{"name":"\#(name)","kind":"\#(pick(Words.kinds))","version":"\#(version)","#
      + #""settings":{"image":"\#(image)","resources":\#(resources),"params":\#(params),"retries":\#(number(0...5))}}"#
  }

  private mutating func condition(_ name: String) -> String {
    let message = (0..<number(14...36)).map { _ in pick(Words.prose) }.joined(separator: " ")
    return #"{"condition":"\#(name)","status":"\#(pick(["True", "True", "False", "Unknown"]))","#
      + #""lastTransitionTime":"\#(time())","reason":"\#(pick(Words.reasons))","message":"\#(message)"}"#
  }

  private mutating func attributes() -> String {
    let address = "\(pick([10, 10, 10, 172, 192])).\(number(0...255)).\(number(0...255)).\(number(1...254))"
    return #"{"team":"\#(pick(Words.teams))","owner":"user\#(padded(number(0...299), 3))@example.com","#
      + #""costCenter":"cc-\#(padded(number(0...99), 4))","priority":\#(number(0...9)),"#
      + #""environment":"\#(pick(Words.environments))","region":"\#(pick(Words.regions))","#
      + #""ticket":"OPS-\#(padded(number(0...99_999), 5))","clientIp":"\#(address)","#
      + #""labels":\#(list(sample(Words.nouns, 3))),"dryRun":\#(number(0...9) == 0)}"#
  }
}
