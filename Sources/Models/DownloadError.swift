internal import Glibc
package import Transport
package import ViAPI

/// Why a model could not be downloaded. No text contains a link.
package enum DownloadError: Error, Sendable {
  /// The run has no output yet, or its export isn't ready.
  case notReady(run: String)
  /// The checkpoint or run doesn't exist, or the id is invalid.
  case noSuchModel(run: String, checkpoint: String?)
  case source(SourceError)
  /// The storage refused a link, even a new one; `code` is its error code.
  case link(status: Int, code: String?)
  case transport(TransportError)
  /// The bytes needed and the bytes free at the destination.
  case tooLittleSpace(needed: Int64, free: Int64)
  /// `number` is the errno.
  case disk(path: String, number: Int32)
  /// Size or checksum differ from the server's.
  case damaged(String)
  case archive(ArchiveError)
  /// A folder at our path belongs to somebody else; `what` completes a sentence about it.
  case foreign(path: String, what: String)
  /// Another process downloads the same model to the same place.
  case busy(path: String)
  /// The system has no thread for the work on the disk; `number` is the errno.
  case noThread(number: Int32)
  /// The downloaded part stays for the next attempt.
  case cancelled

  /// May succeed later without a repair. This includes a full disk: there may be room later.
  package var isTemporary: Bool {
    switch self {
    case .notReady, .tooLittleSpace, .damaged, .busy, .noThread, .cancelled: true
    case .disk(_, let number): [ENOSPC, EDQUOT, EIO, ENOMEM, EMFILE, ENFILE].contains(number)
    case .source(let error): error.isPassing
    case .link(let status, _): status == 429 || status == 408 || status >= 500
    case .transport(let error): error.isPassing
    case .noSuchModel, .archive, .foreign: false
    }
  }

  /// What the user can do; empty if the description says it.
  package var advice: String {
    switch self {
    case .notReady, .damaged, .transport: "try again later"
    case .noSuchModel(_, let checkpoint):
      checkpoint == nil ? "vi-notify runs list shows the runs" : "vi-notify models list shows its models"
    case .source(let error): error.advice
    case .link: "vi-notify models list shows whether the model is ready"
    case .tooLittleSpace: "free some space, or choose another folder"
    case .disk(_, ENOSPC), .disk(_, EDQUOT):
      "free some space, or choose another folder; the next download resumes this one"
    case .disk: "choose another folder"
    case .noThread: "raise the limit of threads (ulimit -u, or TasksMax of the unit)"
    case .foreign: "check what it is and remove it, or choose another folder"
    case .archive(.noLibrary), .cancelled: ""
    case .archive: "nothing was kept; ask Datature's support about the export"
    case .busy: "wait for it, or stop it"
    }
  }

  package var isNotReady: Bool {
    if case .notReady = self { true } else { false }
  }
}

extension DownloadError: CustomStringConvertible {
  /// A lower-case clause without a full stop.
  package var description: String {
    switch self {
    case .notReady(let run): "the model of run \(run) is not exported yet"
    case .noSuchModel(let run, let checkpoint?):
      "run \(printable(name: run)) has no model \(printable(name: checkpoint))"
    case .noSuchModel(let run, nil): "there is no run \(printable(name: run))"
    case .source(let error): "\(error)"
    case .link(let status, let code): "the download was refused (\(status)\(code.map { " \($0)" } ?? ""))"
    case .transport(let error): "the download failed: \(error)"
    case .tooLittleSpace(let needed, let free):
      "\(needed) bytes of disk space are needed for the model, but \(free) are free"
    case .disk(let path, let number): "\(path): \(String(cString: strerror(number)))"
    case .noThread(let number):
      "no thread could be started for the work on the disk: \(String(cString: strerror(number)))"
    case .foreign(let path, let what): "the folder \(path) \(what): nothing from it is used"
    case .damaged(let what): "what was downloaded is damaged: \(what)"
    case .archive(let error): "\(error)"
    case .busy(let path): "another process downloads the same model to \(path)"
    case .cancelled: "the download was interrupted; the next one resumes it"
    }
  }
}
