import Daemon
import Locking
import Models
import Runs

/// The progress of a download: a bar on a terminal, elsewhere a line every ten seconds.
final class DownloadDisplay: Sendable {
  fileprivate struct State {
    var progress = DownloadProgress(.asking)
    /// The phase that is waited for before the download.
    var waiting: Phase?
    var rate = TransferRate()
    var frame = 0
  }

  private let run: String
  private let time: TimeSource
  private let state = Locked(State())
  init(run: String, time: TimeSource) {
    self.run = run
    self.time = time
  }

  func show(_ progress: DownloadProgress) {
    let now = time.now()
    state.withLock { state in
      if progress.stage != state.progress.stage { state.rate = TransferRate() }
      state.progress = progress
      state.waiting = nil
      state.rate.note(progress.bytes, at: now)
    }
  }

  /// The run is still in this phase, or its model isn't exported.
  func wait(for phase: Phase) {
    state.withLock { $0.waiting = phase }
  }

  /// Shows the progress until the task is cancelled.
  func draw() async {
    defer { Console.shared.showLive("") }
    let isLively = Console.shared.isLively
    while !Task.isCancelled {
      // The first line comes after the first pause: a fast download needs none.
      if isLively { Console.shared.showLive(bar()) }
      do {
        try await time.sleep(isLively ? .milliseconds(100) : .seconds(10))
      } catch {
        return
      }
      if !isLively { Console.shared.log("vi-notify: \(line())") }
    }
  }

  private func bar() -> String {
    state.withLock { state in
      state.frame += 1
      let mark = String(Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[state.frame % 10])
      guard let share = state.share else { return "\(mark) \(state.words(run))" }
      let filled = Int(share * 24)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      return "\(state.verb)▕\(bar)▏ \(Int(share * 100)) %  \(state.figures.joined(separator: "  "))"
    }
  }

  private func line() -> String {
    state.withLock { state in
      guard let share = state.share else { return state.words(run) }
      let verb = state.verb.isEmpty ? "downloading " : state.verb
      return "\(verb)the model of \(run): \(Int(share * 100)) %, \(state.figures.joined(separator: ", "))"
    }
  }
}

extension DownloadDisplay.State {
  /// From 0 to 1; nil if unknown or meaningless.
  fileprivate var share: Double? {
    guard waiting == nil, let total = progress.total, total > 0 else { return nil }
    switch progress.stage {
    case .downloading, .unpacking: return min(1, Double(progress.bytes) / Double(total))
    case .asking, .verifying: return nil
    }
  }

  fileprivate var verb: String { progress.stage == .unpacking ? "unpacking " : "" }

  /// `1.2 of 2.9 GB`, `180 MB/s`, `9 s left`.
  fileprivate var figures: [String] {
    let total = progress.total ?? progress.bytes
    let amount = ByteCount(progress.bytes).words(beside: ByteCount(total))
    guard let rate = rate.bytesPerSecond, rate >= 1 else { return [amount] }
    let left = Duration.seconds(Double(max(0, total - progress.bytes)) / rate)
    return [amount, "\(ByteCount(Int64(rate)).words)/s", "\(left.words) left"]
  }

  fileprivate func words(_ run: String) -> String {
    switch (waiting, progress.stage) {
    case (.succeeded?, _): "\(run) has succeeded; its model is being exported"
    case (let phase?, _): "\(run) is \(phase.rawValue)"
    case (nil, .asking): "requesting the model of \(run)"
    case (nil, .verifying): "syncing the model of \(run)"
    case (nil, .downloading), (nil, .unpacking): "\(ByteCount(progress.bytes).words) of the model of \(run)"
    }
  }
}
