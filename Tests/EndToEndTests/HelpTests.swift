import JSONSource
import Simulator
import Testing

/// What helps those who don't know yet what to type.
@Suite(.timeLimit(.minutes(6))) struct HelpTests {
  @Test(arguments: [
    (["wacth", "--rules", "rules.json"], "unknown command 'wacth'; did you mean 'watch'?"),
    (["deliveries", "lst"], "unknown command 'deliveries lst'; did you mean 'deliveries list'?"),
    (["silence", "quux"], "unknown command 'silence quux'; there are add, list, end; see: vi-notify silence --help"),
  ])
  func `an unknown command is answered with the nearest`(_ arguments: [String], _ message: String) async throws {
    try await onStage { stage in
      let end = try await stage.run(arguments: arguments)
      #expect(end.code == 64 && end.output.isEmpty)
      #expect(end.errors == "vi-notify: error: \(message)\n")
    }
  }

  @Test(arguments: [
    (["watch", "--rules", "r", "--interval", "soon"], "such as 30s"),
    (["watch", "--rules", "r", "--interval", "1ms"], "from 100ms to 1d, such as 30s"),
    (
      ["watch", "--rules", "r", "--since", "yesterday"], "a duration such as 2h, or a time such as 2026-11-27T08:00:00Z"
    ),
    (["silence", "add", "--for", "1y", "--reason", "x"], "such as 2h or 7d"),
    (["deliveries", "list", "--limit", "0"], "give at least 1, or --all"),
    (["deliveries", "replay", "--status", "pending"], "add --now"),
    (["test", "rules.json"], "--sample failed"), (["init", "--destination", "slak"], "did you mean \"slack\"?"),
    (["completions", "tcsh"], "bash, zsh or fish"),
  ])
  func `a mistake in an option teaches`(_ arguments: [String], _ words: String) async throws {
    try await onStage { stage in
      let end = try await stage.run(arguments: arguments)
      #expect(end.code == 64)
      #expect(end.errors.contains(words), "\(end.errors)")
    }
  }

  @Test(arguments: [
    (["deliveries", "list", "--status", "gone"], "'gone' is no value of --status; give pending, delivered or dead"),
    (["deliveries", "list", "--status", "deda"], "'deda' is no value of --status; did you mean 'dead'?"),
    (["deliveries", "list", "--limit", "x"], "'x' is no value of --limit; give a whole number, such as 20"),
    (["deliveries", "list", "--all=1"], "--all takes no value; leave =1 out"),
    (
      ["deliveries", "list", "more"],
      "unexpected argument 'more': nothing takes it; leave it out, or put it behind its option"
    ),
    (["watch", "--rulez", "rules.json"], "unknown option --rulez; did you mean --rules?"),
    (["watch", "--rules", "rules.json", "--onze"], "unknown option --onze; did you mean --once?"),
    (["watch", "--rules"], "--rules needs a value: --rules <file>"), (["watch"], "--rules <file> is missing"),
    (
      ["models", "download", "run_a", "--timeout", "5"],
      "'5' is no value of --timeout; give a number with a unit, such as 500ms, 30s, 5m, 2h30m or 7d"
    ), (["runs", "list", "--phase", "suceeded"], "'suceeded' is no value of --phase; did you mean 'succeeded'?"),
  ])
  func `what is wrong comes first, then the option, then where to read more`(
    _ arguments: [String], _ message: String
  ) async throws {
    try await onStage { stage in
      let end = try await stage.run(arguments: arguments)
      #expect(end.code == 64 && end.output.isEmpty)
      let lines = end.errors.split(separator: "\n")
      #expect(lines.first == "vi-notify: error: \(message)")
      #expect(lines.last?.hasPrefix("  see: vi-notify ") == true && lines.last?.hasSuffix(" --help") == true)
      #expect(lines.count <= 3 && !end.errors.contains("Usage:"), "\(end.errors)")
    }
  }

  @Test func `the version names the commit`() async throws {
    try await onStage { stage in
      let git = try await stage.shell(
        "git -C \"$(dirname \"$1\")\" rev-parse --short=12 HEAD", ["sh", #filePath])
      let version = try await stage.run("--version").output
      // A tree that is no clone, as of a tarball, has no commit.
      let commit = git.code == 0 ? "commit \(git.output.prefix(12))" : "Swift"
      #expect(version.contains("(\(commit)") && version.contains("libcurl "), "\(version)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `each shell gets its script`(_ shell: String) async throws {
    try await onStage { stage in
      let end = try await stage.run("completions", shell)
      #expect(end.code == 0 && end.errors.isEmpty)
      #expect(end.output.contains("vi-notify") && end.output.contains("replay"))
      try stage.write(end.output, to: "_vi-notify")
      guard try await stage.shell("command -v \"$1\"", ["sh", shell]).code == 0 else { return }
      let check = try await stage.shell("\"$1\" -n _vi-notify", ["sh", shell])
      #expect(check.code == 0, "\(check.errors)")
    }
  }

  @Test func `ids and names are completed from the state`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a"), .ended("run_b", .failed)])) { stage in
      try stage.write(
        #"{"version": 1, "watch": {"since": "all"}, "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}}, "rules": [{"name": "ends", "actions": [{"send": "hub"}]}]}"#
      )
      #expect(try await stage.run("--rules", "rules.json", "--once", "--state", "here.sqlite").code == 0)
      /// As the scripts ask: the command's names, the argument's, the index of the word, and all words.
      func offered(_ command: [String], _ argument: String, _ words: [String]) async throws -> [Substring] {
        let prefix = words.last ?? ""
        let end = try await stage.run(
          arguments: ["---completion"] + command + ["--", argument, "\(words.count - 1)", "\(prefix.count)"] + words,
          with: ["SAP_SHELL": "bash", "SAP_SHELL_VERSION": "5.2"])
        return end.output.split(separator: "\n")
      }
      let state = ["--state", "here.sqlite"]
      let ids = try await offered(
        ["deliveries", "show"], "positional@0", ["vi-notify", "deliveries", "show"] + state + ["msg_"])
      #expect(Set(ids.map(String.init)) == Set(stage.simulator.inbox("hub").compactMap(\.webhookID)), "\(ids)")
      let rules = try await offered(
        ["deliveries", "list"], "--rule", ["vi-notify", "deliveries", "list"] + state + ["--rule", "e"])
      #expect(rules == ["ends"])
      let runs = try await offered(["explain"], "positional@0", ["vi-notify", "explain"] + state + ["run"])
      #expect(runs == ["run_a", "run_b"])
      // Where there is no state there is nothing to say.
      #expect(try await offered(["explain"], "positional@0", ["vi-notify", "explain", "r"]).isEmpty)
    }
  }

  /// The shells themselves: bash by its function, zsh with a person's keys. fish completes only for somebody who sits before it.
  @Test(arguments: [
    (
      "bash",
      #"""
      . ./_vi-notify; COMP_WORDS=(vi-notify explain run_); COMP_CWORD=2; COMP_LINE="${COMP_WORDS[*]}"
      COMP_POINT=${#COMP_LINE}; _vi-notify vi-notify run_ explain; echo "${COMPREPLY[*]}"
      """#
    ),
    (
      "zsh",
      #"""
      zmodload zsh/zpty; zpty z zsh -f -i
      zpty -w z "PROMPT=; fpath=($PWD \$fpath); autoload -U compinit; compinit -u -D; bindkey '^I' list-choices; echo re''ady"
      zpty -r z out '*ready*'; zpty -w -n z "vi-notify explain run_"$'\t'
      zpty -r -m z out '*run_alpha*run_beta*'; print -r -- "$out"
      """#
    ),
  ])
  func `a shell completes the runs of the state`(_ shell: String, _ script: String) async throws {
    try await onStage(Scenario(runs: [.ended("run_alpha"), .ended("run_beta", .failed)])) { stage in
      guard try await stage.shell("command -v \"$1\"", ["sh", shell]).code == 0 else { return }
      try stage.write(RulesText.hub)
      let home = [
        "XDG_STATE_HOME": stage.directory, "PATH": "\(Binary.path.dropLast("/vi-notify".count)):/usr/bin:/bin",
      ]
      #expect(try await stage.run(arguments: ["--rules", "rules.json", "--once"], with: home).code == 0)
      try stage.write(try await stage.run("completions", shell).output, to: "_vi-notify")
      let end = try await stage.shell("exec \"$1\" -c \"$2\"", ["sh", shell, script], with: home)
      #expect(end.output.contains("run_alpha") && end.output.contains("run_beta"), "\(end.output)\(end.errors)")
    }
  }

  @Test func `the man page has every command that the help lists`() async throws {
    try await onStage { stage in
      let end = try await stage.run("manual")
      #expect(end.code == 0)
      #expect(end.output.hasPrefix(".TH \"VI-NOTIFY\" 1"))
      #expect(end.stdout.allSatisfy { $0 < 0x80 })
      for words in [".SS vi\\-notify deliveries replay", "\\-\\-dry\\-run", ".SS vi\\-notify init"] {
        #expect(end.output.contains(words), "\(words)")
      }
      #expect(try await !stage.run("--help").output.contains("manual"))
    }
  }

  @Test func `init writes a file that check accepts, and never over another`() async throws {
    try await onStage { stage in
      let options = [
        "--destination", "team-chat=slack", "--destination", "ntfy", "--destination", "mail=email", "--on", "failed",
      ]
      let end = try await stage.run(arguments: ["init"] + options)
      #expect(end.code == 0 && end.output == "rules.json\n", "\(end.errors)")
      #expect(end.errors.contains("the Vi API answers, organization"))
      #expect(
        end.errors.contains("export NTFY_TOPIC=…")
          && end.errors.contains("vi-notify send-test team-chat --rules rules.json"))
      let check = try await stage.run("check", "--no-secrets", "--strict", "rules.json")
      #expect(check.code == 0 && check.output == "rules.json: fine; rules: 1, destinations: 3\n", "\(check.errors)")
      let before = stage.read("rules.json")
      let again = try await stage.run("init", "--destination", "slack")
      #expect(again.code == 1 && again.errors.contains("--force"))
      #expect(stage.read("rules.json") == before)
      let forced = try await stage.run(
        arguments: ["init", "--destination", "webhook", "--force"], without: ["DATATURE_VI_SECRET_KEY"])
      #expect(forced.code == 0)
      #expect(forced.errors.contains("not yet: no credentials for the Vi API"), "\(forced.errors)")
      #expect(stage.read("rules.json") != before)
      let nobody = try await stage.run("init", "other.json")
      #expect(nobody.code == 64 && nobody.errors.contains("nobody is there to be asked"))
      #expect(stage.read("other.json") == nil)
    }
  }

  @Test func `init asks who sits before it`() async throws {
    try await onStage { stage in
      let end = try await stage.shell(
        "printf 'team-chat=slak\\nteam-chat=slack\\n\\nsucceeded failed\\n' | script -qec \"$0 init asked.json\" /dev/null",
        [Binary.path])
      #expect(end.output.contains("did you mean \"slack\"?"), "\(end.output)")
      let text = try #require(stage.read("asked.json"))
      #expect(text.contains(#""team-chat": {"#) && text.contains(#""on": ["succeeded", "failed"]"#), "\(text)")
    }
  }

  @Test func `every type of destination can be begun with`() async throws {
    try await onStage { stage in
      let types = [
        "webhook", "slack", "discord", "teams", "mattermost", "googlechat", "telegram", "matrix", "zulip", "email",
        "ntfy", "gotify",
        "pushover", "pagerduty", "github", "aws-sns", "aws-sqs", "aws-eventbridge", "eventgrid", "mqtt", "nats",
        "apprise", "file",
      ]
      #expect(try await stage.run(arguments: ["init"] + types.flatMap { ["--destination", $0] }).code == 0)
      let check = try await stage.run("check", "--no-secrets", "rules.json")
      #expect(check.code == 0, "\(check.errors)")
      #expect(check.output.contains("destinations: \(types.count)"))
    }
  }
}
