import ArgumentParser
import JSONSource

/// The man page, of the same help that `--help` shows. Not listed: packagers need it once.
struct ManualCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the man page.",
    discussion: """
      EXAMPLE
        vi-notify manual > ~/.local/share/man/man1/vi-notify.1
      """, shouldDisplay: false)

  func run() async throws {
    try await ending {
      let help = try JSONDocument(parsing: Array(ViNotify._dumpHelp().utf8)).root
      guard let command = help["command"] else { return }
      Console.shared.print(Array(ManualPage(command).text.utf8))
    }
  }
}

/// man(7) of the library's description of a command (`ToolInfoV0` in swift-argument-parser).
struct ManualPage {
  private let command: JSONNode

  init(_ command: JSONNode) {
    self.command = command
  }

  var text: String {
    let name = Self.string(command, "commandName")
    var lines = [
      #".TH "\#(name.uppercased())" 1 "" "\#(name) \#(Version.current)" "User Commands""#, ".SH NAME",
      #"\#(Self.escaped(name)) \- \#(Self.escaped(Self.string(command, "abstract")))"#, ".SH SYNOPSIS",
      ".B \(Self.escaped(name))", ".I command", "[options]", ".SH DESCRIPTION",
    ]
    lines += Self.discussion(command)
    lines.append(".SH COMMANDS")
    for command in Self.shown(command, "subcommands") { lines += Self.section(command, after: name) }
    lines += [
      ".SH EXIT STATUS",
      "0 fine; 1 ran well, the answer is no; 64 usage; 69 the API can't be reached; 73 the state can't be used;",
      "75 try again later; 77 credentials refused; 78 rules or configuration invalid. The README has them all.",
    ]
    return lines.joined(separator: "\n")
  }

  private static func section(_ command: JSONNode, after path: String) -> [String] {
    let (name, below) = ("\(path) \(string(command, "commandName"))", shown(command, "subcommands"))
    guard below.isEmpty else { return below.flatMap { section($0, after: name) } }
    var lines = [".SS \(escaped(name))", escaped(string(command, "abstract"))] + [".PP"] + discussion(command)
    for argument in shown(command, "arguments")
    where ["help", "version"].allSatisfy({ !names(argument).contains("--\($0)") }) {
      let value = string(argument, "valueName")
      let label =
        switch argument["kind"]?.string {
        case "positional": #"\fI\#(escaped(value))\fR"#
        case "flag": #"\fB\#(escaped(names(argument).joined(separator: ", ")))\fR"#
        default: #"\fB\#(escaped(names(argument).joined(separator: ", ")))\fR \fI\#(escaped(value))\fR"#
        }
      lines += [".TP", label, escaped(string(argument, "abstract"))]
    }
    return lines
  }

  /// Text as it is laid out: what is indented, such as an example, stays so.
  private static func discussion(_ command: JSONNode) -> [String] {
    string(command, "discussion").split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      if line.isEmpty { return [".PP"] }
      return line.hasPrefix("  ") ? [".EX", escaped(String(line)), ".EE"] : [escaped(String(line))]
    }
  }

  private static func names(_ argument: JSONNode) -> [String] {
    (argument["names"]?.elements ?? []).map { name in
      let isShort = name["kind"]?.string == "short"
      return "\(isShort ? "-" : "--")\(string(name, "name"))"
    }
  }

  private static func shown(_ node: JSONNode, _ key: String) -> [JSONNode] {
    (node[key]?.elements ?? []).filter { $0["shouldDisplay"]?.bool != false && string($0, "commandName") != "help" }
  }

  private static func string(_ node: JSONNode, _ key: String) -> String { node[key]?.string ?? "" }

  /// In ASCII: roff takes other bytes for what it likes. Backslashes and hyphens are its own, and so are full stops and quotation
  /// marks at the beginning of a line.
  private static func escaped(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\n", with: " ")
    let plain = escaped.unicodeScalars.map { scalar in
      if scalar.isASCII { return String(scalar) }
      let digits = String(scalar.value, radix: 16, uppercase: true)
      return "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
    }.joined()
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&\(plain)" : plain
  }
}
