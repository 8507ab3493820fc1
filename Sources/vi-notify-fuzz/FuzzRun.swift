import FoundationEssentials
import Glibc

enum FuzzTarget: String {
  case json, rules, times

  /// Where inputs come from when no folder is named.
  var folders: [String] {
    switch self {
    case .json: ["Tests/Fuzz/json", "Tests/Fuzz/rules"]
    case .times: ["Tests/Fuzz/times"]
    case .rules: ["Tests/Fuzz/rules"] + ["good", "bad", "beyond"].map { "Tests/Schema/corpus/\($0)" }
    }
  }

  func makeCheck() throws -> any FuzzCheck {
    switch self {
    case .json: JSONCheck()
    case .rules: try RulesCheck()
    case .times: TimesCheck()
    }
  }
}

/// Holds one input against everything that must be true of it.
protocol FuzzCheck {
  /// What was new about this input, in words without its particulars: inputs that say something new are changed further.
  ///
  /// - Throws: ``Broken``.
  mutating func check(_ input: [UInt8]) throws -> String
}

/// A promise that an input breaks.
struct Broken: Error, CustomStringConvertible {
  let description: String
}

struct FuzzSettings {
  let target: FuzzTarget
  var seed: UInt64
  var seconds = 30
  var folders: [String] = []
  var replay: String?
}

/// Changes inputs and tries them until the time is up.
struct FuzzRun {
  private let settings: FuzzSettings
  /// The input stands here before it is tried, so that it is also known after a crash.
  private let inputFile: String
  /// Seconds after which an input counts as one that hangs: the kernel ends us, and the input is in its file.
  private static let patience: UInt32 = 20

  init(_ settings: FuzzSettings) {
    self.settings = settings
    inputFile = "fuzz-\(settings.target.rawValue).input"
  }

  /// False when a promise was broken.
  func run() -> Bool {
    do {
      var check = try settings.target.makeCheck()
      if let replay = settings.replay {
        print(try check.check(read(replay)))
      } else {
        try go(&check)
      }
      return true
    } catch {
      print("broken: \(error)")
      return false
    }
  }

  private func go(_ check: inout any FuzzCheck) throws {
    print("\(settings.target.rawValue): seed \(settings.seed), \(settings.seconds) s")
    var population = try seeds()
    print("corpus: \(population.count) files")
    var known: Set<String> = []
    for input in population { known.insert(try attempt(input, &check)) }
    var mutator = Mutator(seed: settings.seed)
    let end = ContinuousClock.now + .seconds(settings.seconds)
    var tried = 0
    while ContinuousClock.now < end {
      let input = mutator.variant(of: population)
      let signature = try attempt(input, &check)
      tried += 1
      guard known.insert(signature).inserted, population.count < 5_000 else { continue }
      population.append(input)
    }
    unlink(inputFile)
    print("\(tried) inputs, \(known.count) kinds of answers: all is well")
  }

  private func attempt(_ input: [UInt8], _ check: inout any FuzzCheck) throws -> String {
    let descriptor = open(inputFile, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0, write(descriptor, input, input.count) == input.count else {
      throw Broken(description: "\(inputFile) can't be written")
    }
    close(descriptor)
    alarm(Self.patience)
    defer { alarm(0) }
    do {
      return try check.check(input)
    } catch {
      throw Broken(description: "\(error); seed \(settings.seed); the input is in \(inputFile)")
    }
  }

  private func seeds() throws -> [[UInt8]] {
    let folders = settings.folders.isEmpty ? settings.target.folders : settings.folders
    let files = try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
    }
    guard !files.isEmpty else { throw Broken(description: "the corpus is empty") }
    return try files.map(read)
  }

  private func read(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Broken(description: "\(path) can't be read")
    }
    return Array(data)
  }
}
