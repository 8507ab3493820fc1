/// What a hook runs: argv, without a shell, or a fixed script for `/bin/sh -c`.
///
/// A `run` program with a slash in its name is a path, relative to the hook's working directory; without one it is searched
/// in the absolute directories of the hook's PATH. No text of an event ever becomes part of a script.
package enum HookCommand: Sendable, Equatable {
  case run([String])
  case shell(String)
}

/// One program to run for one delivery, with all that it is told.
package struct Hook: Sendable {
  package var command: HookCommand

  /// The VI_* variables and those the action names, over the five of ours that pass (``HookRunner``); the last of a name wins.
  ///
  /// A value can hold neither NUL (it becomes U+FFFD, in argv too) nor, so that one long message can't make the hook
  /// unstartable, more than 64 KiB (it is cut and ends in "…"); an argument of `run` not more than 128 KiB; and all together not
  /// more than ``LaunchBudget``, for which the longest are cut. What is on ``stdin`` is never changed.
  package var environment: [(name: String, value: String)]

  /// The event, JSON. The hook may read it, read a part, or leave it.
  package var stdin: [UInt8]

  /// Nil: ours. A relative path is relative to ours.
  package var workingDirectory: String?

  /// From the start to TERM for the whole process group; zero and less stop the hook at once, more than a year is a year.
  package var timeout: Duration

  /// From TERM to KILL when the time is up, by the machine's own monotonic clock; more than a day is a day.
  package var killGrace: Duration

  /// From TERM to KILL when our own task was cancelled: we are being stopped ourselves, and have little time.
  package var interruptGrace: Duration

  /// Whom it runs as: `name` or `name:group`, each also as a number; nil: us. Anybody else needs us to be root.
  ///
  /// HOME, USER and LOGNAME are that user's unless ``environment`` names them.
  package var user: String?

  /// The permissions that files which the hook makes don't get, 0…0o777; nil: ours.
  package var umask: UInt16?

  package init(
    command: HookCommand, environment: [(name: String, value: String)] = [], stdin: [UInt8] = [],
    workingDirectory: String? = nil, timeout: Duration = .seconds(3600), killGrace: Duration = .seconds(10),
    interruptGrace: Duration = .milliseconds(1500), user: String? = nil, umask: UInt16? = nil
  ) {
    self.command = command
    self.environment = environment
    self.stdin = stdin
    self.workingDirectory = workingDirectory
    self.timeout = timeout
    self.killGrace = killGrace
    self.interruptGrace = interruptGrace
    self.user = user
    self.umask = umask
  }
}
