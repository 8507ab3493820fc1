import Glibc

/// Why a hook could not be started. The description is a clause for a log line or a dead letter.
package enum HookStartFailure: Error, Sendable, Equatable {
  /// `run` with an empty list.
  case noCommand
  /// The path does not exist.
  case notFound(String)
  /// In no absolute directory of the PATH given here.
  case notOnPath(String, path: String)
  case notExecutable(String)
  case isDirectory(String)
  /// The kernel does not know the format: a script without `#!`, or another machine's program.
  case notAProgram(String)
  /// It is there and executable, yet the kernel refused: most often the `#!` line names a program that is missing.
  case interpreterMissing(String)
  case directoryMissing(String)
  case notADirectory(String)
  /// Nil: by the user that we are.
  case directoryForbidden(String, user: String?)
  case executableForbidden(String, user: String)
  /// A hook is to run as somebody else, and we are not root.
  case userNeedsRoot(String)
  case userUnknown(String)
  case groupUnknown(String)
  /// A user that is but a number needs a group as well.
  case groupMissing(String)
  /// The kernel does not let us become that user.
  case userRefused(String, errno: Int32)
  /// The name of an environment variable is empty or holds `=` or NUL.
  case unusableName(String)
  /// More than the kernel takes: 128 KiB in one argument, or about 2 MiB together.
  case tooLong
  /// The system refused, with this `errno`.
  case system(errno: Int32)
  /// It did start, but its end could not be observed; nothing of it is left running.
  case lost

  /// Whether the same hook may start a moment later though nobody repairs anything.
  package var isTemporary: Bool {
    guard case .system(let code) = self else { return false }
    return [EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY, EINTR].contains(code)
  }
}

extension HookStartFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noCommand: "the hook names no program"
    case .notFound(let path): "\(path) does not exist"
    case .notOnPath(let name, let path): "\(name) is in no directory of PATH (\(path))"
    case .notExecutable(let path): "\(path) is not executable: chmod +x it"
    case .isDirectory(let path): "\(path) is a directory, not a program"
    case .notAProgram(let path): "\(path) is neither a program for this machine nor a script that begins with #!"
    case .interpreterMissing(let path): "\(path) can't be started: is the program on its #! line there and executable?"
    case .directoryMissing(let path): "the working directory \(path) does not exist"
    case .notADirectory(let path): "the working directory \(path) is not a directory"
    case .directoryForbidden(let path, let user):
      "the working directory \(path) may not be entered by \(user.map { "the user \($0)" } ?? "this user")"
    case .executableForbidden(let path, let user):
      "\(path) may not be executed by the user \(user): check it, its directories and the program on its #! line"
    case .userNeedsRoot(let user): "only root can run a hook as the user \(user)"
    case .userUnknown(let user): "there is no user \(user)"
    case .groupUnknown(let group): "there is no group \(group)"
    case .groupMissing(let user): "there is no user \(user) to have a group: write \(user):GROUP"
    case .userRefused(let user, let code): "it can't run as the user \(user): \(String(cString: strerror(code)))"
    case .unusableName(let name): "\"\(name)\" can't be the name of an environment variable"
    case .tooLong: "its arguments and environment are longer than the system takes"
    case .system(let code): "the system refused: \(String(cString: strerror(code)))"
    case .lost: "it was started, but how it ended could not be observed"
    }
  }
}
