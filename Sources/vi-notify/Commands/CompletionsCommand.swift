import ArgumentParser
import Daemon
import Storage
import Stores

struct CompletionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print the completion script of a shell.",
    discussion: """
      It completes commands and options, and from the state the ids of runs and deliveries and the names of rules and destinations.

      EXAMPLE
        vi-notify completions bash > ~/.local/share/bash-completion/completions/vi-notify
        vi-notify completions zsh > "${fpath[1]}/_vi-notify"
        vi-notify completions fish > ~/.config/fish/completions/vi-notify.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish

    var script: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: "The shell: bash, zsh or fish.")
  var shell: Shell

  func run() async throws {
    try await ending {
      Console.shared.print(Array(ViNotify.completionScript(for: shell.script).utf8))
    }
  }
}

/// What a shell offers for a word, out of the state. Nothing is said when there is none, or it can't be read.
enum StateCompletion {
  /// A screen full of them; whoever wants others types more of the word.
  private static let most = 200

  static let deliveries = CompletionKind.custom { words, _, prefix in
    await offer(words) { try await $0.ids(.delivery, beginning: prefix, limit: most) }
  }

  static let runs = CompletionKind.custom { words, _, prefix in
    await offer(words) { try await $0.ids(.run, beginning: prefix, limit: most) }
  }

  static let rules = CompletionKind.custom { words, _, prefix in
    await offer(words) { store in
      let names = (try await store.namesInUse().rules).union(try await store.knownNames()?.rules ?? [])
      return names.filter { $0.hasPrefix(prefix) }.sorted()
    }
  }

  static let destinations = CompletionKind.custom { words, _, prefix in
    await offer(words) { store in
      let names = (try await store.namesInUse().destinations).union(
        try await store.knownNames()?.destinations.keys.map(\.self) ?? [])
      return names.filter { $0.hasPrefix(prefix) }.sorted()
    }
  }

  static let silences = CompletionKind.custom { words, _, prefix in
    await offer(words) { store in
      try await store.silences().filter { $0.endedAt == nil }.map(\.id).filter { $0.hasPrefix(prefix) }
    }
  }

  /// - Parameter words: of the command line, among them perhaps `--state FILE`.
  private static func offer(
    _ words: [String], _ found: (any StateStore) async throws -> [String]
  ) async -> [String] {
    let named = words.firstIndex(of: "--state").flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
    guard let name = try? StateOption.name(named), let store = try? StateStores.open(name, for: .reading) else {
      return []
    }
    defer { store.close() }
    return (try? await found(store)) ?? []
  }
}
