import Daemon
import Runs
import Storage
import Watching

/// The terminal's live line: active runs, the last complete sweep, waiting deliveries.
struct LiveLine {
  private let status: WatchStatus
  private let store: any StateStore

  init(_ daemon: Daemon) {
    status = daemon.status
    store = daemon.store
  }

  /// Shows the line while `work` runs.
  func shown(while work: () async throws(Failure) -> Void) async throws(Failure) {
    guard Console.shared.isLively else { return try await work() }
    let drawing = Task { await draw() }
    defer {
      drawing.cancel()
      Console.shared.showLive("")
    }
    try await work()
  }

  private func draw() async {
    var frame = 0
    while !Task.isCancelled {
      let waiting = (try? await store.unsettledCount()) ?? 0
      Console.shared.showLive(text(frame, waiting))
      frame += 1
      try? await Task.sleep(for: .milliseconds(250))
    }
  }

  private func text(_ frame: Int, _ waiting: Int) -> String {
    let now = status.snapshot
    let mark = now.failure == nil ? String(Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[frame % 10]) : "!"
    let swept = now.lastWholeSweep.map { "polled \((TimeSource.system.now() - $0).words) ago" } ?? "polling"
    let waits = waiting == 0 ? "nothing waits" : "\(waiting) waiting to be sent"
    let trouble = now.failure.map { " · \($0)" } ?? ""
    return "\(mark) \(now.active) of \(now.total) runs active · \(swept) · \(waits)\(trouble)"
  }
}
