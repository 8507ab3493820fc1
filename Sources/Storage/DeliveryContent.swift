internal import JSONSource

/// What a delivery carries: rendered, but with secrets still as references.
package enum DeliveryContent: Sendable, Equatable {
  /// The event's own body.
  case event
  /// JSON.
  case body([UInt8])
  case hook(HookCall)
}

/// A command that a rule asked for.
package struct HookCall: Sendable, Equatable {
  package enum Command: Sendable, Equatable {
    case run([String])
    case shell(String)
  }

  package let command: Command
  /// Values as the rules file has them: `${env:TOKEN}`, not the token.
  package let environment: [Variable]
  package let workingDirectory: String?

  package struct Variable: Sendable, Equatable {
    package let name: String
    package let reference: String

    package init(name: String, reference: String) {
      self.name = name
      self.reference = reference
    }
  }

  package init(command: Command, environment: [Variable] = [], workingDirectory: String? = nil) {
    self.command = command
    self.environment = environment
    self.workingDirectory = workingDirectory
  }
}

extension HookCall {
  /// The form in a row, and in `deliveries show`.
  package var json: [UInt8] {
    JSONWriter.object { json in
      switch command {
      case .run(let words): json.member("run") { $0.array(words) { $0.string($1) } }
      case .shell(let script): json.member("shell", script)
      }
      if !environment.isEmpty {
        json.member("env") { json in
          json.object { json in for variable in environment { json.member(variable.name, variable.reference) } }
        }
      }
      if let workingDirectory { json.member("workingDirectory", workingDirectory) }
    }
  }

  /// Nil when the bytes are not what ``json`` writes.
  init?(json bytes: [UInt8]) {
    guard let root = try? JSONDocument(parsing: bytes).root else { return nil }
    if let words = root["run"]?.elements {
      command = .run(words.compactMap(\.string))
    } else if let script = root["shell"]?.string {
      command = .shell(script)
    } else {
      return nil
    }
    environment = (root["env"]?.members ?? []).compactMap { member in
      member.value.string.map { Variable(name: member.key, reference: $0) }
    }
    workingDirectory = root["workingDirectory"]?.string
  }
}
