/// How long the real program takes from its start to its first request.
enum StartBenchmarks {
  static func run() throws {
    let server = try RunListProcess(100, moving: 3)
    let folder = try ScratchFolder()
    var times: [Double] = []
    for _ in 0..<21 {
      var start: UInt64 = 0
      let first = try server.firstRequest { () throws(ServerFailure) in
        start = Stopwatch.nanoseconds
        return try RealWatcher(server, in: folder, ["--interval", "1h"]).process
      }
      guard let first else { giveUp("the watcher asks for nothing") }
      times.append(Double(first - start) / 1e6)
    }
    // The very first makes the state file.
    printFigure("start_to_first_request_new_state", times[0], "ms")
    printFigure("start_to_first_request", times.dropFirst().sorted()[10], "ms")
  }
}
