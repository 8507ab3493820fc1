import ArgumentParser
import Daemon
import JSONSource
import Storage
import Stores

struct StateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Move the state into another store.",
    discussion: """
      EXAMPLE
        vi-notify state copy /var/lib/vi-notify/state.sqlite postgresql://vi_notify@db.example.com/vi
      """,
    subcommands: [StateCopyCommand.self])
}

struct StateCopyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy", abstract: "Copy a state, whole, into a file or a database that has none yet.",
    discussion: """
      Stop the watcher first. FROM and TO are files, or postgresql:// URIs; nobody can watch with either meanwhile, and FROM stays as \
      it is. TO gets everything or nothing: what was written is read again and compared before it counts. Then start the watcher \
      with --state TO, and never again with FROM: it would send a second time what TO sends.

      EXAMPLE
        vi-notify state copy /var/lib/vi-notify/state.sqlite postgresql://vi_notify@db.example.com/vi
        vi-notify state copy postgresql://vi_notify@db.example.com/vi state.sqlite
      """)

  @Argument(help: "The state to copy, as it stands behind --state.", completion: .file())
  var from: String
  @Argument(
    help: "Where it goes: a file or database without a state; a file that isn't there is made.", completion: .file())
  var to: String
  @OptionGroup var format: OutputOption

  func validate() throws {
    if from == to { throw ValidationError("FROM and TO are the same: name another file or database to copy to") }
  }

  func run() async throws {
    try await ending {
      let source = try open(from, for: .copying)
      defer { source.close() }
      let target = try open(to, for: .watching)
      defer { target.close() }
      let copied = try await StateCopy.run(from: source, to: target) { progress in
        let verb = progress.stage == .copying ? "copying" : "comparing"
        Console.shared.showLive("\(verb) \(progress.table.words ?? progress.table.name): \(progress.rows) rows so far")
      }
      Console.shared.showLive("")
      report(copied, source.name, target.name)
    }
  }

  private func open(_ name: String, for use: StateUse) throws(Failure) -> any StateTables {
    do throws(StorageError) {
      return try StateStores.openTables(name, for: use, onWait: StateOption.say)
    } catch .missing(let state) {
      throw Failure(
        .stateUnusable, "there is no state at \(state) to copy; name what stands behind --state of its watcher")
    } catch .held(let state, let processID) {
      throw Failure(
        .tryLater,
        "the state \(state) is held by process \(processID), which works with it; stop that one first, then copy")
    } catch {
      throw Failure(error)
    }
  }

  private func report(_ copied: StateDigest, _ from: String, _ to: String) {
    switch format.output {
    case .json:
      Console.shared.print(
        JSONWriter.object { json in
          json.member("from", from)
          json.member("to", to)
          json.member("rows", copied.rows)
          json.member("tables") { json in
            json.object { json in
              for table in StateTable.all { json.member(table.name, copied.count(table)) }
            }
          }
          json.member("sha256", copied.text)
        })
    case .table:
      table(copied).print()
      Console.shared.print("SHA-256 of all rows, the same in both: \(copied.text)")
      Console.shared.print(
        "Start the watcher with --state \(Self.word(to)) now. Keep \(from) until you have seen it work, and never watch with that again."
      )
    }
  }

  /// For a shell, in which `&` and `?` of a URI mean something else.
  private static func word(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-_./:@%".utf8.contains(byte)
      }
    }
    return isPlain ? name : "'\(name.replacing("'", with: "'\\''"))'"
  }

  private func table(_ copied: StateDigest) -> Table {
    var table = Table([.init(title: "COPIED"), .init(title: "ROWS", isNumber: true)])
    var others = copied.rows
    for kind in StateTable.all {
      guard let words = kind.words else { continue }
      table.add([.init(words), .init("\(copied.count(kind))")])
      others -= copied.count(kind)
    }
    table.add([.init("everything else"), .init("\(others)")])
    return table
  }
}
