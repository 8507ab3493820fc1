internal import FoundationEssentials
internal import Glibc
internal import Locking

/// A PostgreSQL of one's own, on a Unix socket in a directory of its own. It ends with this process, however that ends, and its
/// directory goes with it.
package final class PostgresServer: Sendable {
  package struct Refused: Error, CustomStringConvertible {
    package let description: String
  }

  /// Where Debian puts the newest one's programs; nil: none is installed.
  package static let programs: String? = {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    let newest = versions.compactMap { Int($0) }.max()
    guard let newest, case let path = "/usr/lib/postgresql/\(newest)/bin", access("\(path)/initdb", X_OK) == 0 else {
      return nil
    }
    return path
  }()

  /// Where CI runs nothing may be missing.
  package static let mustBeThere = getenv("CI") != nil

  /// One for all tests of a process: nothing that it keeps has to survive.
  package static let shared = Result {
    try PostgresServer(["fsync=off", "full_page_writes=off", "max_connections=200"], in: memory ?? "/tmp")
  }

  /// A file system in memory that has room for a database a test; nil: there is none. A database is three hundred files, and to make them
  /// on a disk took a fifth of the run of the modules' tests.
  private static let memory: String? = {
    var system = statvfs()
    let path = "/dev/shm"
    guard statvfs(path, &system) == 0, system.f_bavail * system.f_frsize >= 4 << 30 else { return nil }
    return path
  }()

  /// Of its socket; its files are below it in `data`.
  package let directory: String
  package let port: Int
  private let options: String
  /// Its end tells the shell that keeps the server that we have ended.
  private let life: Int32
  private let made = Locked<Set<String>>([])

  /// - Parameters:
  ///   - settings: of postgresql.conf, `name=value`.
  ///   - parent: where its directory is made.
  package init(_ settings: [String], in parent: String = "/tmp") throws {
    guard let programs = Self.programs else {
      throw Refused(description: "no PostgreSQL is installed; on Debian and Ubuntu: apt-get install postgresql")
    }
    var template = Array("\(parent)/vi-notify-postgres-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp") }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    port = 5_432
    if let account = Self.account { chown(directory, account.user, account.group) }
    let (stdin, stdout) = (try Pipe(), try Pipe())
    life = stdin.write
    options = (settings.map { "-c \($0)" } + ["-c listen_addresses=", "-c port=\(port)", "-k \(directory)"])
      .joined(separator: " ")
    // The shell reads until we have ended or closed the pipe.
    let script = """
      \(Self.lettingGo)
      cd "$1" || exit 1
      "$2/initdb" -D data -U postgres -A trust -E UTF8 --no-locale --no-sync >log 2>&1 &&
      "$2/pg_ctl" start -w -s -D data -l log -o "$3" >>log 2>&1 && echo ready || cat log
      exec 1>&-
      cat >/dev/null
      "$2/pg_ctl" stop -m immediate -s -D data >>log 2>&1
      rm -rf "$1"
      """
    let process = try spawnProcess(
      Self.asAccount(["bash", "-c", script, "bash", directory, programs, options]),
      streams: (stdin.read, stdout.write, nil))
    close(stdin.read)
    close(stdout.write)
    let said = Self.readAll(stdout.read)
    close(stdout.read)
    guard said == "ready\n" else {
      close(life)
      waitpid(process, nil, 0)
      throw Refused(description: "PostgreSQL doesn't start: \(said.suffix(800))")
    }
    // It is waited for by nobody else.
    try onThread { waitpid(process, nil, 0) }
  }

  deinit { close(life) }

  /// - Parameters:
  ///   - database: must be there.
  ///   - user: a role.
  package func uri(_ database: String = "postgres", user: String = "postgres") -> String {
    "postgresql://\(user)@/\(database)?host=\(directory)&port=\(port)"
  }

  /// Runs one of PostgreSQL's programs, such as `pg_ctl`, to its end.
  ///
  /// - Returns: what it wrote.
  @discardableResult
  package func program(_ name: String, _ words: [String]) throws -> String {
    let output = try Pipe()
    let process = try spawnProcess(
      Self.asAccount(["\(Self.programs ?? "")/\(name)"] + words), streams: (nil, output.write, output.write))
    close(output.write)
    let said = Self.readAll(output.read)
    close(output.read)
    var status: Int32 = 0
    guard waitpid(process, &status, 0) == process, status == 0 else {
      throw Refused(description: "\(name) has failed: \(said.suffix(800))")
    }
    return said
  }

  /// What `psql` answers to statements as the owner of everything, its columns with `|` between.
  @discardableResult
  package func psql(_ script: String, in database: String = "postgres") throws -> String {
    try program("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", uri(database), "-c", script])
  }

  /// A database of this name, which is made at the first call; its URI.
  package func database(_ name: String) throws -> String {
    if made.withLock({ $0.insert(name).inserted }) { try psql("CREATE DATABASE \"\(name)\"") }
    return uri(name)
  }

  /// Ends it as a power failure would, and starts it anew.
  package func restart() throws {
    try stop()
    try start()
  }

  package func stop(_ mode: String = "immediate") throws {
    try program("pg_ctl", ["stop", "-m", mode, "-s", "-w", "-D", "\(directory)/data"])
  }

  package func start() throws {
    try program("pg_ctl", ["start", "-w", "-s", "-D", "\(directory)/data", "-l", "\(directory)/log", "-o", options])
  }

  /// A directory for another server beside it, of its account.
  package func makeDirectory(_ name: String) throws -> String {
    let path = "\(directory)/\(name)"
    guard mkdir(path, 0o755) == 0 else { throw SystemFailure("mkdir") }
    if let account = Self.account { chown(path, account.user, account.group) }
    return path
  }

  package func write(_ text: String, to path: String) throws {
    try text.write(to: URL(filePath: path), atomically: false, encoding: .utf8)
  }

  /// What a child has got from us without being meant to: a connection that a test has closed must not live on in it.
  private static let lettingGo =
    "for file in /proc/self/fd/*; do number=${file##*/}; if [ $number -gt 2 ]; then eval \"exec $number>&-\"; fi; done"

  /// Keeps a program running under its account, until what is returned is closed: also when this process is killed.
  package func keep(_ words: [String]) throws -> Int32 {
    let life = try Pipe()
    let script = """
      \(Self.lettingGo)
      "$@" </dev/null &
      cat >/dev/null
      kill -KILL $!
      """
    let process = try spawnProcess(
      Self.asAccount(["bash", "-c", script, "bash"] + words), streams: (life.read, nil, nil))
    close(life.read)
    try onThread { waitpid(process, nil, 0) }
    return life.write
  }

  private static func readAll(_ descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while case let count = read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// PostgreSQL refuses to run as root; nil: we aren't.
  private static let account: (name: String, user: uid_t, group: gid_t)? = {
    guard geteuid() == 0 else { return nil }
    for name in ["postgres", "nobody"] {
      if let entry = getpwnam(name)?.pointee { return (name, entry.pw_uid, entry.pw_gid) }
    }
    return nil
  }()

  private static func asAccount(_ words: [String]) -> [String] {
    guard let account else { return words }
    return ["setpriv", "--reuid", "\(account.user)", "--regid", "\(account.group)", "--clear-groups"] + words
  }
}
