import Glibc
internal import Storage

/// Held by the one process that watches with a state. The kernel lets go of it when the process ends, however it does.
///
/// The state's file itself is locked, so that it doesn't matter by which name it is found. SQLite's own locks are of the other
/// kind (`fcntl`), which doesn't see this one; but they are lost when any descriptor of the file is closed, so this must be
/// taken before SQLite opens the state, and let go of when it has closed it. `STATE.lock`, which earlier versions locked
/// instead, is locked as well, and holds our process id.
struct StateLock: ~Copyable, Sendable {
  /// Which file is locked.
  let identity: FileIdentity
  private let state: LockedFile
  private let note: LockedFile

  /// Makes the state's file where there is none, locks it, and writes our process id beside it.
  ///
  /// Throws ``StorageError/held(state:processID:)`` when somebody has it, `networkDisk`, and `cannotOpen` when it can't be made.
  init(state path: String) throws(StorageError) {
    (state, note) = try Self.take(path)
    identity = state.identity
    note.write("\(getpid())\n")
  }

  private static func take(_ path: String) throws(StorageError) -> (LockedFile, LockedFile) {
    let place = try StateFile.make(path)
    do throws(LockedFile.Refusal) {
      let state = try LockedFile(place, O_RDWR | O_NOFOLLOW)
      return (state, try LockedFile(place + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW))
    } catch {
      throw failure(error, path, place)
    }
  }

  /// Who holds a state under another of its names, so that its log lies beside that; nil: nobody.
  ///
  /// To be asked before SQLite opens the state, as this opens it.
  static func otherHolder(of place: String) -> String? {
    var status = stat()
    guard stat(place, &status) == 0, status.st_nlink > 1 else { return nil }
    // Which of the two is there first doesn't matter to who looks: a moment's hold disturbs nobody.
    guard case .held(let identity) = LockedFile.refusal(place, O_RDWR) else { return nil }
    // The holder has locked that beside its own name.
    if case .held = LockedFile.refusal(place + ".lock", O_RDWR | O_NOFOLLOW) { return nil }
    return LockTable.current.livingHolder(of: identity, .whole) ?? "unknown"
  }

  private static func failure(_ refusal: LockedFile.Refusal, _ path: String, _ place: String) -> StorageError {
    switch refusal {
    case .held(let identity): .held(state: path, processID: holder(of: identity, place))
    case .system(let file, let number):
      .cannotOpen(state: path, why: (file == place ? "" : "\(file): ") + String(cString: strerror(number)))
    case .strange(let file, let what): .cannotOpen(state: path, why: "\(file) \(what); remove it")
    }
  }

  /// As it has written itself, else as the kernel has it: a number in a lock file that nobody holds is an old one.
  private static func holder(of identity: FileIdentity, _ place: String) -> String {
    var written: String?
    if case .held = LockedFile.refusal(place + ".lock", O_RDWR | O_NOFOLLOW) { written = writer(of: place) }
    return written ?? LockTable.current.livingHolder(of: identity, .whole) ?? "unknown"
  }

  /// The process id that was written into the lock file.
  private static func writer(of place: String) -> String? {
    let descriptor = open(place + ".lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = read(descriptor, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }
}
