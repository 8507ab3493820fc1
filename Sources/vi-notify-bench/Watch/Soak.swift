import Glibc
import Storage
import Transport

/// `vi-notify-bench soak [SWEEPS]`: 100,000 runs over hundreds of sweeps, with runs created, ended and deleted in between. Every
/// end must be told exactly once, and the memory must stay what it was.
enum Soak {
  private static let runs = 100_000
  /// A whole reading after so many sweeps.
  private static let fullEvery = 50

  static func run(sweeps: Int) async throws {
    let server = try RunListProcess(runs, moving: 20)
    let http = HTTPClient()
    let interval = Duration.seconds(30)
    let list = try WatchedList(WatchedList.client(server, http), fullSweep: interval * fullEvery)
    for _ in 0..<2 { try await list.sweep(after: interval * fullEvery) }
    var begin = 0.0
    var ended = 0
    var requests: (steady: [Int], whole: [Int]) = ([], [])
    for number in 1...sweeps {
      ended += stir(server, number)
      let before = server.count().requests
      try await list.sweep(after: interval)
      let count = server.count().requests - before
      if number % fullEvery == 0 || isDeleting(number) {
        requests.whole.append(count)
      } else {
        requests.steady.append(count)
      }
      // By then the whole list was read once after it had changed.
      if number == 10 { begin = RealWatcher.megabytes("VmRSS", of: "self") }
    }
    let end = RealWatcher.megabytes("VmRSS", of: "self")
    printFigure("soak_sweeps", Double(sweeps), "sweeps")
    printFigure("soak_requests_mean", mean(requests.steady), "requests/sweep")
    printFigure("soak_requests_max", Double(requests.steady.max() ?? 0), "requests/sweep")
    printFigure("soak_requests_whole_list", mean(requests.whole), "requests/sweep")
    printFigure("soak_memory_after_first_sweeps", begin, "MB")
    printFigure("soak_memory_at_the_end", end, "MB", ratio: end / begin)
    printFigure("soak_memory_peak", RealWatcher.megabytes("VmHWM", of: "self"), "MB")
    try await checkDeliveries(list.store, ended)
    await http.close()
  }

  /// - Returns: how many runs have ended.
  private static func stir(_ server: RunListProcess, _ number: Int) -> Int {
    if number % 2 == 0 { server.tell("create 3") }
    if isDeleting(number) { server.tell("delete 2") }
    guard number % 3 == 0 else { return 0 }
    server.tell("end 2")
    return 2
  }

  /// That a run is gone is believed when the whole list has been read: such a sweep asks for every page.
  private static func isDeleting(_ number: Int) -> Bool {
    number % 10 == 5
  }

  private static func mean(_ counts: [Int]) -> Double {
    Double(counts.reduce(0, +)) / Double(max(1, counts.count))
  }

  private static func checkDeliveries(_ store: any StateStore, _ ended: Int) async throws {
    let told = try await store.deliveries(DeliveryFilter()).map(\.runID)
    printFigure("soak_ends", Double(ended), "runs")
    printFigure("soak_ends_told", Double(told.count), "deliveries")
    guard told.count == ended, Set(told).count == ended else { giveUp("\(told.count) deliveries of \(ended) ends") }
  }
}
