internal import Glibc
package import Transport
package import ViAPI

/// Why there is no model. No text holds a link.
package enum DownloadError: Error, Sendable {
  /// The run has put nothing out yet, or its export isn't there.
  case notReady(run: String)
  /// No such checkpoint, or no id at all.
  case noSuchModel(run: String, checkpoint: String?)
  case source(SourceError)
  /// What the storage said to a link, also to one that was new: `code` is its word for it.
  case link(status: Int, code: String?)
  case transport(TransportError)
  /// Bytes that are needed, and that are free, where the model is to go.
  case tooLittleSpace(needed: Int64, free: Int64)
  /// `number` is the errno.
  case disk(path: String, number: Int32)
  /// Size or checksum are not those of the file that the server has.
  case damaged(String)
  case archive(ArchiveError)
  /// Somebody else's folder is where ours must be; `what` completes a sentence about it.
  case foreign(path: String, what: String)
  /// Another process downloads the same model to the same place.
  case busy(path: String)
  /// What was downloaded stays for the next time.
  case cancelled

  /// Worth repeating without anybody repairing anything. A full disk counts: there may be room later.
  package var isTemporary: Bool {
    switch self {
    case .notReady, .tooLittleSpace, .damaged, .busy, .cancelled: true
    case .disk(_, let number): [ENOSPC, EDQUOT, EIO, ENOMEM, EMFILE, ENFILE].contains(number)
    case .source(let error): error.isPassing
    case .link(let status, _): status == 429 || status == 408 || status >= 500
    case .transport(let error): error.isPassing
    case .noSuchModel, .archive, .foreign: false
    }
  }

  /// What the user can do; empty where the description says it.
  package var advice: String {
    switch self {
    case .notReady, .damaged, .transport: "try again later"
    case .noSuchModel(_, let checkpoint):
      checkpoint == nil ? "vi-notify runs list shows the runs" : "vi-notify models list shows its models"
    case .source(let error): error.advice
    case .link: "vi-notify models list shows whether the model is ready"
    case .tooLittleSpace: "make room, or choose another place"
    case .disk(_, ENOSPC), .disk(_, EDQUOT):
      "make room, or choose another place; the next download goes on where this one was"
    case .disk: "choose another place"
    case .foreign: "see what it is and remove it, or choose another place"
    case .archive(.noLibrary), .cancelled: ""
    case .archive: "nothing of it was kept; ask Datature's support for the export"
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
      "\(needed) bytes of room are needed for the model, and \(free) are free"
    case .disk(let path, let number): "\(path): \(String(cString: strerror(number)))"
    case .foreign(let path, let what): "the folder \(path) \(what): nothing from it is used"
    case .damaged(let what): "what was downloaded is damaged: \(what)"
    case .archive(let error): "\(error)"
    case .busy(let path): "another process downloads the same model to \(path)"
    case .cancelled: "the download was interrupted; the next one goes on where it was"
    }
  }
}
