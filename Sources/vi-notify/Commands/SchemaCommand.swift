import ArgumentParser
import Rules

struct SchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of the rules file, for editors.",
    discussion: """
      EXAMPLE
        vi-notify schema > rules.schema.json
        # then, as the first member of rules.json: "$schema": "./rules.schema.json"
      """)

  func run() async throws {
    Console.shared.print(Array(RuleSchema.text.utf8))
  }
}
