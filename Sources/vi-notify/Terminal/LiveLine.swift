import Daemon
import Runs
import Storage
import Watching

/// The terminal's live line: the runs under way, the next look at the source, and what waits or is dead.
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
    var outbox: OutboxCount?
    while !Task.isCancelled {
      if frame.isMultiple(of: 4) { outbox = try? await store.outbox(at: TimeSource.system.now()) }
      Console.shared.showLive(text(frame, outbox))
      frame += 1
      try? await Task.sleep(for: .milliseconds(250))
    }
  }

  /// What moves, when the source is asked next, what waits, and what is dead.
  private func text(_ frame: Int, _ outbox: OutboxCount?) -> String {
    let now = status.snapshot
    let mark = now.failure == nil ? String(Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[frame % 10]) : "!"
    let names =
      now.moving.isEmpty ? "" : " (\(now.moving.joined(separator: ", "))\(now.active > now.moving.count ? ", …" : ""))"
    let runs =
      now.follows
      ? "another process watches"
      : now.lastWholeSweep == nil ? "the first look" : "\(now.active) of \(now.total) runs under way\(names)"
    let look =
      now.nextLook.map { max(.zero, $0 - TimeSource.system.uptime()) }
      .map { "next look in \(Duration.seconds($0.components.seconds).words)" } ?? "looking"
    var parts = [runs, look]
    if let outbox, outbox.pending > 0 {
      let later = outbox.pending - outbox.due
      parts.append("\(outbox.pending) to be sent\(later > 0 ? ", \(later) of them later: see status" : "")")
    }
    if let outbox, outbox.dead > 0 { parts.append("\(outbox.dead) dead: see deliveries list --status dead") }
    if let failure = now.failure { parts.append(failure) }
    return "\(mark) \(parts.joined(separator: " · "))"
  }
}
