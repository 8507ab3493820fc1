import Glibc

/// The kernel's own list of who holds which lock (proc_locks(5)): asked for the number of a process to name, and whether a holder runs.
/// Without `/proc`, and for a process that our container can't see, nobody is found.
struct LockTable: Sendable {
  enum Kind: String {
    /// A whole file, by `flock`.
    case whole = "FLOCK"
    /// A range of bytes, by `fcntl`.
    case range = "POSIX"
  }

  private let lines: [[Substring]]

  /// - Parameter text: lines such as `2: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`.
  init(_ text: String) {
    lines = text.split(separator: "\n").map { $0.split(separator: " ") }
  }

  static var current: LockTable {
    guard let file = fopen("/proc/locks", "re") else { return LockTable("") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return LockTable(String(decoding: bytes, as: UTF8.self))
  }

  /// The process that holds a lock for itself alone.
  ///
  /// - Parameter byte: where the range must begin; nil: anywhere.
  func holder(of file: FileIdentity, _ kind: Kind, at byte: Int? = nil) -> String? {
    let name = file.lockTableName
    return lines.first { fields in
      fields.count >= 8 && fields[1] == kind.rawValue && fields[3] == "WRITE" && fields[5] == name
        && (byte.map { fields[6] == "\($0)" } ?? true)
    }.map { String($0[4]) }
  }

  /// The same, if it runs: a lock that was inherited is listed under the process that took it.
  func livingHolder(of file: FileIdentity, _ kind: Kind, at byte: Int? = nil) -> String? {
    holder(of: file, kind, at: byte).flatMap { id in
      pid_t(id).flatMap { kill($0, 0) == 0 || errno == EPERM ? id : nil }
    }
  }
}
