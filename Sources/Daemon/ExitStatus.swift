package import Models
package import Storage
package import ViAPI

/// What the process says when it ends (sysexits.h, and 124 as `timeout` has it).
package enum ExitStatus: Int32, Sendable {
  case fine = 0
  /// It ran well, and the answer is no.
  case no = 1
  /// `runs wait`: a run was cancelled.
  case cancelled = 3
  case usage = 64
  case unreadableData = 65
  case sourceUnreachable = 69
  case stateUnusable = 73
  /// A result could not be written to stdout.
  case outputLost = 74
  case tryLater = 75
  case notVi = 76
  case refused = 77
  case badConfiguration = 78
  case timedOut = 124
  /// By SIGINT, as a shell says it: 128 and the signal's number.
  case interrupted = 130
  case terminated = 143

  package init(_ error: SourceError) {
    self =
      switch error {
      case .unreachable, .failing, .tooSlow: .sourceUnreachable
      case .rateLimited: .tryLater
      case .refused: .refused
      case .noSuchRun: .no
      case .unreadable, .rejected, .notVi: .notVi
      }
  }

  package init(_ error: DownloadError) {
    self =
      switch error {
      case .source(let error): ExitStatus(error)
      case .noSuchModel: .no
      case .notReady, .damaged, .busy, .noThread: .tryLater
      case .link, .transport, .archive(.noLibrary): .sourceUnreachable
      case .tooLittleSpace, .disk, .foreign: .stateUnusable
      case .archive: .notVi
      case .cancelled: .interrupted
      }
  }

  package init(_ error: StorageError) {
    self =
      switch error {
      case .held, .lost, .older, .busy: .tryLater
      case .noSuchStore, .cannotOpen, .damaged, .unreadable, .newer, .missing, .unusable, .failed, .notClaimed:
        .stateUnusable
      }
  }
}

/// Why a command ends before its time: what to say, and the status to end with.
package struct Failure: Error, Sendable, CustomStringConvertible {
  package let status: ExitStatus
  /// What happened, to what, and what to do; empty when it has been said already.
  package let description: String

  package init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }

  package init(_ error: SourceError) {
    self.init(ExitStatus(error), "\(error); \(error.advice)")
  }

  package static let deadLetters = Failure(
    .no, "not everything arrived; see: vi-notify deliveries list --status dead")

  package init(_ error: StorageError) {
    self.init(ExitStatus(error), "\(error)")
  }

  package init(_ error: DownloadError) {
    let advice = error.advice
    self.init(ExitStatus(error), advice.isEmpty ? "\(error)" : "\(error); \(advice)")
  }
}
