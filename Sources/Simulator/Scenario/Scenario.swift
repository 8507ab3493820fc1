/// The initial state of a simulator. All its times are milliseconds from the simulator's start.
package struct Scenario: Sendable {
  package static let defaultOrganization = "demo-org"
  /// As long as a real one: the vendor's SDK accepts only keys of 103 characters.
  package static let defaultSecretKey = "dtvi_demo" + String(repeating: "0123456789", count: 9) + "0123"

  package var organization: String
  package var secretKey: String
  package var maximumPageSize: Int
  /// Nil (in a file: `mixed`): the runs take turns.
  package var dialect: Dialect?
  /// Bytes of weights in a model's archive.
  package var modelSize: Int
  package var models: ModelFiles
  package var runs: [ScriptedRun]
  package var population: Population?
  package var faults: [Fault]
  package var inbox: [String: [ScriptedAnswer]]
  /// Random damage besides the faults, if set.
  package var hostile: Hostility?

  package init(
    organization: String = defaultOrganization, secretKey: String = defaultSecretKey, maximumPageSize: Int = 100,
    dialect: Dialect? = nil, modelSize: Int = 65_536, models: ModelFiles = ModelFiles(), runs: [ScriptedRun] = [],
    population: Population? = nil, faults: [Fault] = [], inbox: [String: [ScriptedAnswer]] = [:],
    hostile: Hostility? = nil
  ) {
    self.organization = organization
    self.secretKey = secretKey
    self.maximumPageSize = maximumPageSize
    self.dialect = dialect
    self.modelSize = modelSize
    self.models = models
    self.runs = runs
    self.population = population
    self.faults = faults
    self.inbox = inbox
    self.hostile = hostile
  }

  /// Reads a scenario file: JSON with comments. Throws all mistakes in it.
  package init(parsing bytes: [UInt8]) throws(ScenarioErrors) {
    var reader = ScenarioReader(bytes)
    let scenario = reader.scenario(reader.root)
    guard reader.mistakes.isEmpty else { throw ScenarioErrors(mistakes: reader.mistakes) }
    self = scenario
  }
}

/// A mistake in a scenario with its place; `description` is `LINE:COLUMN: error: text`.
package struct ScenarioMistake: Sendable, Equatable, CustomStringConvertible {
  package let line: Int
  package let column: Int
  package let message: String
  package let hint: String?

  package var description: String {
    "\(line):\(column): error: \(message)" + (hint.map { " (\($0))" } ?? "")
  }
}

/// All mistakes in a scenario, in the order of the text; never empty.
package struct ScenarioErrors: Error, Sendable, CustomStringConvertible {
  package let mistakes: [ScenarioMistake]

  package var description: String {
    mistakes.map { "\($0)" }.joined(separator: "\n")
  }
}
