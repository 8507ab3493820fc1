import Glibc

/// What a hook means on this machine, now: the file to execute, argv, the whole environment, the directory and the user.
/// Everything that can be found wrong before a process exists is found here, for the kernel's own answers don't say what is
/// missing.
struct HookLaunch: Sendable {
  /// The only variables of ours that a hook sees.
  static let passed = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"]

  /// Bytes in one given value; the kernel refuses 128 KiB of name and value.
  static let maxValue = 64 * 1024

  /// Searched when the hook has no PATH.
  static let standardPath = "/usr/local/bin:/usr/bin:/bin"

  let executable: String
  let arguments: [String]
  let environment: [String: String]
  /// See ``HookResult/shortened``.
  let shortened: [String]
  let workingDirectory: String?
  /// Nil: we.
  let account: HookAccount?
  /// Nil: ours.
  let umask: UInt16?

  /// - Throws: what must be repaired before the hook can start.
  init(
    _ hook: Hook, baseEnvironment: [String: String], budget: LaunchBudget = .system
  ) throws(HookStartFailure) {
    account = try hook.user.map { text throws(HookStartFailure) in try HookAccount(text) }
    umask = hook.umask
    workingDirectory = try hook.workingDirectory.map(Self.directory)
    var strings = try LaunchStrings(
      hook, base: baseEnvironment.filter { Self.passed.contains($0.key) }.merging(account?.environment ?? [:]) { $1 })
    strings.fit(budget)
    (arguments, environment, shortened) = (strings.arguments, strings.environment, strings.shortened)
    guard let program = arguments.first, !program.isEmpty else { throw .noCommand }
    executable = try Self.executable(
      program, in: workingDirectory, path: environment["PATH"] ?? Self.standardPath)
  }
}

extension HookLaunch {
  static func directory(_ path: String) throws(HookStartFailure) -> String {
    switch FileKind(path) {
    case .absent: throw .directoryMissing(path)
    case .refused(let code): throw code == EACCES ? .directoryForbidden(path, user: nil) : .system(errno: code)
    case .directory(let searchable): if !searchable { throw .directoryForbidden(path, user: nil) }
    case .file: throw .notADirectory(path)
    }
    return path
  }

  static func executable(
    _ program: String, in directory: String?, path: String
  ) throws(HookStartFailure) -> String {
    guard program.utf8.contains(UInt8(ascii: "/")) else { return try search(program, path: path) }
    // The child changes its directory before it executes, so a relative program needs a path that holds in both places.
    let found = program.hasPrefix("/") ? program : try absolute(directory ?? ".") + "/" + program
    switch FileKind(found) {
    case .absent: throw .notFound(found)
    case .refused(let code): throw .system(errno: code)
    case .directory: throw .isDirectory(found)
    case .file(let executable): if !executable { throw .notExecutable(found) }
    }
    return found
  }

  /// As execvp does, a file that is not executable does not end the search, but it is named when nothing better comes.
  /// Relative and empty directories in PATH are not searched: what runs must not depend on where we stand.
  private static func search(_ name: String, path: String) throws(HookStartFailure) -> String {
    var unusable: String?
    for directory in path.split(separator: ":") where directory.hasPrefix("/") {
      let candidate = "\(directory)/\(name)"
      guard case .file(let executable) = FileKind(candidate) else { continue }
      if executable { return candidate }
      unusable = unusable ?? candidate
    }
    throw unusable.map { .notExecutable($0) } ?? .notOnPath(name, path: path)
  }

  private static func absolute(_ directory: String) throws(HookStartFailure) -> String {
    if directory.hasPrefix("/") { return directory }
    guard let here = getcwd(nil, 0) else { throw .system(errno: errno) }
    defer { free(here) }
    return directory == "." ? String(cString: here) : String(cString: here) + "/" + directory
  }
}

/// What is at a path, as far as starting a process is concerned; links are followed.
private enum FileKind {
  case absent
  case refused(errno: Int32)
  case directory(searchable: Bool)
  case file(executable: Bool)

  init(_ path: String) {
    var status = stat()
    guard !path.utf8.contains(0) else {
      self = .absent
      return
    }
    guard stat(path, &status) == 0 else {
      self = errno == EACCES || errno == ELOOP || errno == ENAMETOOLONG ? .refused(errno: errno) : .absent
      return
    }
    let permitted = faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0
    self = status.st_mode & S_IFMT == S_IFDIR ? .directory(searchable: permitted) : .file(executable: permitted)
  }
}
