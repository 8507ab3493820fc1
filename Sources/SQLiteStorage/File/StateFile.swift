import Glibc
internal import Storage

/// The file of the state, before SQLite opens it.
///
/// Nothing here opens a state that is there already: when a process closes any descriptor of a file, it loses all the locks
/// that SQLite has on that file in the process (sqlite.org/howtocorrupt.html, 2.2).
enum StateFile {
  /// Where the links of a path lead, whether there is a file yet or not; its directory is made.
  ///
  /// - Throws: `cannotOpen`, or `networkDisk`.
  static func place(of path: String, on disk: StateDisk = .system) throws(StorageError) -> String {
    var place = path
    var links = 0
    while let next = link(place) {
      links += 1
      guard links <= 40 else { throw .cannotOpen(state: path, why: String(cString: strerror(ELOOP))) }
      place = next.hasPrefix("/") ? next : "\(directory(of: place))/\(next)"
    }
    try disk.check(place, of: path)
    try makeDirectory(of: place, for: path)
    let name = place.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let real = realpath(directory(of: place), nil) else { throw .cannotOpen(state: path, why: reason()) }
    defer { free(real) }
    let above = String(cString: real)
    return above == "/" ? "/\(name)" : "\(above)/\(name)"
  }

  /// Makes the file for the user alone, where there is none; SQLite gives its companions the same mode.
  ///
  /// - Returns: its ``place(of:on:)``.
  static func make(_ path: String, on disk: StateDisk = .system) throws(StorageError) -> String {
    let place = try place(of: path, on: disk)
    let descriptor = open(place, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      close(descriptor)
      guard sync(directory(of: place)) else { throw .cannotOpen(state: path, why: reason()) }
      return place
    }
    guard errno == EEXIST else { throw .cannotOpen(state: path, why: reason()) }
    try checkUsable(place, for: path)
    return place
  }

  /// SQLite would say no more than that it can't; and it would wait for ever for the other end of a pipe.
  private static func checkUsable(_ place: String, for path: String) throws(StorageError) {
    var status = stat()
    guard stat(place, &status) == 0 else { throw .cannotOpen(state: path, why: reason()) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .cannotOpen(state: path, why: String(cString: strerror(EISDIR)))
    default: throw .cannotOpen(state: path, why: "it is no regular file")
    }
    guard faccessat(AT_FDCWD, place, R_OK | W_OK, AT_EACCESS) == 0 else {
      throw .cannotOpen(state: path, why: reason())
    }
  }

  /// Makes the directory, and those above it, for the user alone. Existing ones stay as they are. What is new is durable.
  ///
  /// - Parameters:
  ///   - given: the path to name when it can't be done.
  ///   - sync: makes durable what a directory lists; false and `errno` when that fails.
  static func makeDirectory(
    of path: String, for given: String, sync: (_ directory: String) -> Bool = sync
  ) throws(StorageError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    for end in parts.indices.dropFirst(path.hasPrefix("/") ? 1 : 0) {
      let directory = parts[...end].joined(separator: "/")
      if mkdir(directory, 0o700) == 0 {
        guard sync(Self.directory(of: directory)) else { throw .cannotOpen(state: given, why: reason()) }
        continue
      }
      guard errno != EEXIST else { continue }
      // Looking whether it is there sets another errno.
      let why = reason()
      if !isDirectory(directory) { throw .cannotOpen(state: given, why: why) }
    }
  }

  /// Not every file system lets a directory be synced: those that don't say EINVAL.
  static func sync(_ directory: String) -> Bool {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0 || errno == EINVAL
  }

  /// What is above the last slash.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// Where a symbolic link points; nil when there is none.
  private static func link(_ path: String) -> String? {
    var characters = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &characters, characters.count)
    return count > 0 ? String(decoding: characters.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  private static func isDirectory(_ path: String) -> Bool {
    guard let directory = opendir(path) else { return false }
    closedir(directory)
    return true
  }

  static func reason() -> String {
    String(cString: strerror(errno))
  }
}
