internal import Logging
internal import Runs
internal import Storage
internal import Telemetry

/// What the log says of a state that keeps the process waiting.
enum StateReport {
  static func tell(_ log: Logger, _ telemetry: Telemetry) -> @Sendable (StateWait) -> Void {
    { wait in
      switch wait {
      case .locked(let processID):
        log.warning(
          "the state can't be read or written at this moment; waiting for it",
          metadata: processID.map { ["process": "\($0)"] } ?? [:])
      case .outOfReach(let why):
        log.warning(
          "the state can't be read or written at this moment; waiting for it", metadata: ["reason": "\(why)"])
      case .over(let length):
        // What has waited gets its time from now on.
        telemetry.loops.excuse(.system)
        log.notice("the state can be reached again", metadata: ["after": "\(length.words)"])
      }
    }
  }
}
