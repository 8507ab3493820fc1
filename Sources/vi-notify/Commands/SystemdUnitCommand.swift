import ArgumentParser
import Glibc

struct SystemdUnitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "systemd-unit", abstract: "Print a unit that runs the watcher as a hardened service of systemd.",
    discussion: """
      The service runs as a user of its own, with its state in /var/lib/vi-notify. Secrets are read from \
      /etc/vi-notify/environment, or, with LoadCredential= in the unit and ${credential:NAME} in the rules, from files that only \
      systemd can read.

      EXAMPLE
        vi-notify systemd-unit | sudo tee /etc/systemd/system/vi-notify.service
        sudo systemctl daemon-reload && sudo systemctl enable --now vi-notify
      """)

  @Option(help: ArgumentHelp("The rules file, by its whole path.", valueName: "file"))
  var rules = "/etc/vi-notify/rules.json"
  @Option(help: ArgumentHelp("The program, by its whole path. Default: this one.", valueName: "file"))
  var program: String?

  func validate() throws {
    for (name, path) in [("--rules", rules), ("--program", program ?? "/")] {
      guard path.hasPrefix("/") else {
        throw ValidationError("\(name) must be a whole path, because a service starts in no directory of yours: /etc/…")
      }
      // systemd would split it, or read an escape or a specifier in it.
      guard !path.contains(where: { $0.isWhitespace || "\"'\\%$;".contains($0) }) else {
        throw ValidationError("\(name) holds a character that means something in a unit; give the file a plainer name")
      }
    }
  }

  func run() async throws {
    Console.shared.print(Array(SystemdUnit(program: program ?? Self.ownPath, rules: rules).text.utf8))
  }

  private static var ownPath: String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    return count > 0
      ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : "/usr/local/bin/vi-notify"
  }
}
