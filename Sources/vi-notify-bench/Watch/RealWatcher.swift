import FoundationEssentials
import Glibc

/// The `vi-notify` that was built together with this bench, watching.
struct RealWatcher {
  let process: ChildProcess

  /// - Parameters:
  ///   - folder: for its rules and its state.
  ///   - rules: the text of its rules file.
  ///   - state: nil: a file.
  ///   - options: of `watch`.
  init(
    _ server: RunListProcess, in folder: ScratchFolder, rules text: String = RealWatcher.rules, state: String? = nil,
    _ options: [String]
  ) throws(ServerFailure) {
    let rules = folder.path + "/rules.json"
    guard FileManager.default.createFile(atPath: rules, contents: Data(text.utf8)) else {
      throw ServerFailure("write \(rules)", number: EIO)
    }
    process = try ChildProcess(
      Self.path,
      ["vi-notify", "watch", "--rules", rules, "--state", state ?? folder.path + "/state.sqlite"] + options,
      environment: [
        "PATH=/usr/bin:/bin", "HOME=\(folder.path)", "DATATURE_VI_API_ENDPOINT=\(server.endpoint)",
        "DATATURE_VI_SECRET_KEY=\(WatchedList.secretKey)", "DATATURE_VI_ORGANIZATION_ID=\(RunListing.organization)",
      ], isQuiet: true)
  }

  /// Nothing is sent.
  static let rules = """
    {"version": 1, "destinations": {"sink": {"type": "webhook", "url": "http://127.0.0.1:1/"}},
     "rules": [{"name": "ends", "actions": [{"send": "sink"}]}]}
    """

  /// Beside this program.
  private static let path: String = {
    let ours = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return ours.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/vi-notify"
  }()

  /// CPU time that it has used so far, of all its threads.
  var cpuSeconds: Double {
    let data = FileManager.default.contents(atPath: "/proc/\(process.id)/stat") ?? Data()
    // Behind the name, which is in parentheses: the 12th and the 13th field, in ticks.
    let fields = String(decoding: data, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = fields.count > 12 ? (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0) : 0
    return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// A line of `/proc/PID/status` that counts kB, in MB; 0 when there is none.
  func megabytes(_ name: String) -> Double {
    Self.megabytes(name, of: "\(process.id)")
  }

  /// - Parameter process: its number, or `self`.
  static func megabytes(_ name: String, of process: String) -> Double {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/status") else { return 0 }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    let words = lines.first { $0.hasPrefix("\(name):") }?.split(whereSeparator: { " \t".contains($0) })
    return words.flatMap { $0.count > 1 ? Double($0[1]) : nil }.map { $0 / 1_024 } ?? 0
  }
}
