internal import JSONSource

/// What a delivery carries: rendered, but with secrets still as references.
package enum DeliveryContent: Sendable, Equatable {
  /// The event's own body.
  case event
  /// JSON.
  case body([UInt8])
  case hook(HookCall)
  case download(DownloadCall)
  case include(IncludeCall)
}

/// What the API has beside a run, to be fetched for the message of an action.
package struct IncludeCall: Sendable, Equatable {
  package enum Part: String, Sendable, CaseIterable {
    /// Of the newest model.
    case metrics
    /// The last lines.
    case logs
  }

  package let parts: Set<Part>

  package init(_ parts: Set<Part>) {
    self.parts = parts
  }

  /// The form in a row, and in `deliveries show`.
  package var json: [UInt8] {
    JSONWriter.object { json in
      json.member("include") { $0.array(Part.allCases.filter(parts.contains)) { $0.string($1.rawValue) } }
    }
  }

  /// Nil when the bytes are not what ``json`` writes.
  package init?(json bytes: [UInt8]) {
    guard let words = try? JSONDocument(parsing: bytes).root["include"]?.elements,
      let parts = words.whole({ $0.string.flatMap(Part.init(rawValue:)) })
    else { return nil }
    self.init(Set(parts))
  }
}

/// A model that a rule wants to have on this machine.
package struct DownloadCall: Sendable, Equatable {
  /// The directory of models, as the rules file has it: `~/.datature/vi/models`.
  package let directory: String
  /// Nil: the latest.
  package let checkpoint: String?

  package init(directory: String, checkpoint: String? = nil) {
    self.directory = directory
    self.checkpoint = checkpoint
  }

  /// The form in a row, and in `deliveries show`.
  package var json: [UInt8] {
    JSONWriter.object { json in
      json.member("download") { json in
        json.object { json in
          json.member("to", directory)
          if let checkpoint { json.member("checkpoint", checkpoint) }
        }
      }
    }
  }

  /// Nil when the bytes are not what ``json`` writes.
  package init?(json bytes: [UInt8]) {
    guard let download = try? JSONDocument(parsing: bytes).root["download"], let directory = download["to"]?.string,
      let checkpoint = download.text("checkpoint")
    else {
      return nil
    }
    self.init(directory: directory, checkpoint: checkpoint)
  }
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
  /// What earlier steps have left. Values as they are: references in them mean nothing.
  package let results: [Result]
  package let workingDirectory: String?
  /// `name` or `name:group` to run as; nil: as we do.
  package let user: String?
  /// Of new files, 0…0o777; nil: ours.
  package let umask: UInt16?

  package struct Variable: Sendable, Equatable {
    package let name: String
    package let reference: String

    package init(name: String, reference: String) {
      self.name = name
      self.reference = reference
    }
  }

  package struct Result: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package init(
    command: Command, environment: [Variable] = [], results: [Result] = [], workingDirectory: String? = nil,
    user: String? = nil,
    umask: UInt16? = nil
  ) {
    self.command = command
    self.environment = environment
    self.results = results
    self.workingDirectory = workingDirectory
    self.user = user
    self.umask = umask
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
      if !results.isEmpty {
        json.member("results") { json in
          json.object { json in for result in results { json.member(result.name, result.value) } }
        }
      }
      if let workingDirectory { json.member("workingDirectory", workingDirectory) }
      if let user { json.member("user", user) }
      if let umask { json.member("umask", String(umask, radix: 8)) }
    }
  }

  /// Nil when the bytes are not what ``json`` writes.
  package init?(json bytes: [UInt8]) {
    guard let root = try? JSONDocument(parsing: bytes).root else { return nil }
    if let words = root["run"]?.elements {
      guard let words = words.whole(\.string) else { return nil }
      command = .run(words)
    } else if let script = root["shell"]?.string {
      command = .shell(script)
    } else {
      return nil
    }
    let (environment, results) = (root.texts("env"), root.texts("results"))
    guard let environment, let results, let workingDirectory = root.text("workingDirectory"),
      let user = root.text("user"),
      let umask = root.text("umask")
    else { return nil }
    self.environment = environment.map { Variable(name: $0.name, reference: $0.value) }
    self.results = results.map { Result(name: $0.name, value: $0.value) }
    (self.workingDirectory, self.user) = (workingDirectory, user)
    self.umask = umask.flatMap { UInt16($0, radix: 8) }
    if umask != nil, self.umask == nil { return nil }
  }
}

extension JSONNode {
  /// A member that may be missing; nil when it is there and is no string.
  fileprivate func text(_ key: String) -> String?? {
    guard let member = self[key] else { return .some(nil) }
    return member.string.map { .some($0) }
  }

  /// The strings of an object that may be missing; nil when something else is in it or in its place.
  fileprivate func texts(_ key: String) -> [(name: String, value: String)]? {
    guard let member = self[key] else { return [] }
    return member.members?.whole { member in member.value.string.map { (member.key, $0) } }
  }
}

extension Array {
  /// Nil when one of them makes nothing.
  fileprivate func whole<Value>(_ make: (Element) -> Value?) -> [Value]? {
    let made = compactMap(make)
    return made.count == count ? made : nil
  }
}
