internal import Glibc
internal import Locking

/// An archive that is being downloaded in pieces: its file, the pieces on disk, and their journal.
final class FetchJob: Sendable {
  private struct State {
    var plan: PiecePlan
    /// Finished pieces that aren't in the journal yet.
    var unsaved: [Int] = []
    var isHalted = false
  }

  let subject: Journal.Subject
  let file: Descriptor
  /// The bytes from an earlier attempt.
  let resumedFrom: Int64
  private let journal: Journal
  private let state: Locked<State>

  private init(_ subject: Journal.Subject, _ file: Descriptor, _ journal: Journal, finished: [Int]) {
    self.subject = subject
    self.file = file
    self.journal = journal
    let plan = PiecePlan(total: subject.file.total ?? 0, pieceSize: subject.pieceSize, finished: finished)
    resumedFrom = plan.bytes
    state = Locked(State(plan: plan))
  }

  /// Resumes an earlier attempt at the same file, or begins a new one.
  ///
  /// - Throws: ``DownloadError/tooLittleSpace(needed:free:)`` or a ``DownloadError/disk(path:number:)``.
  static func open(_ subject: Journal.Subject, in work: WorkFolder) throws(DownloadError) -> FetchJob {
    if let job = try resume(subject, in: work) { return job }
    try work.clear()
    try work.checkSpace(archive: subject.file.total ?? 0)
    let file = try Descriptor(work.archive, O_RDWR | O_CREAT | O_EXCL)
    try file.check(ftruncate(file.number, off_t(subject.file.total ?? 0)))
    return FetchJob(subject, file, try Journal.begin(work.journal, subject), finished: [])
  }

  private static func resume(_ subject: Journal.Subject, in work: WorkFolder) throws(DownloadError) -> FetchJob? {
    guard let left = Journal.read(work.journal), left.subject.checkpoint == subject.checkpoint,
      left.subject.file.isSame(as: subject.file), work.archiveBytes == subject.file.total
    else { return nil }
    try work.checkSpace(archive: subject.file.total ?? 0)
    var subject = subject
    subject.pieceSize = left.subject.pieceSize
    let file = try Descriptor(work.archive, O_RDWR)
    return FetchJob(subject, file, try Journal.resume(work.journal), finished: left.finished)
  }

  var bytes: Int64 { state.withLock(\.plan.bytes) }
  var isComplete: Bool { state.withLock(\.plan.isComplete) }

  /// The next piece to download; nil if all pieces are taken, or while halted.
  func take() -> Int? { state.withLock { $0.isHalted ? nil : $0.plan.take()?.index } }

  /// While halted, no pieces are given out; those in flight finish.
  func halt(_ isHalted: Bool) { state.withLock { $0.isHalted = isHalted } }

  func rest(of piece: Int) -> Range<Int64> { state.withLock { $0.plan.rest(of: piece) } }
  func giveBack(_ piece: Int) { state.withLock { $0.plan.giveBack(piece) } }

  /// - Returns: the bytes on disk now.
  func advance(_ piece: Int, by count: Int) -> Int64 {
    state.withLock { state in
      state.plan.advance(piece, by: Int64(count))
      return state.plan.bytes
    }
  }

  func finish(_ piece: Int) {
    state.withLock { state in
      state.plan.finish(piece)
      state.unsaved.append(piece)
    }
  }

  /// Syncs finished pieces to the disk and then records them in the journal, once they exceed `threshold` bytes. Blocks on the
  /// disk. If it fails, the next attempt downloads these pieces again.
  func save(from threshold: Int64) throws(DownloadError) {
    let pieces: [Int] = state.withLock { state in
      guard Int64(state.unsaved.count) * subject.pieceSize >= threshold else { return [] }
      defer { state.unsaved = [] }
      return state.unsaved
    }
    guard !pieces.isEmpty else { return }
    try file.check(fdatasync(file.number))
    try journal.note(pieces)
  }
}

extension WorkFolder {
  /// The length of the archive's file, -1 if it doesn't exist.
  var archiveBytes: Int64 {
    var status = stat()
    return lstat(archive, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : -1
  }

  /// Checks that there is room for the rest of the archive and for its contents; weights hardly compress.
  func checkSpace(archive total: Int64) throws(DownloadError) {
    var status = stat()
    let present = lstat(archive, &status) == 0 ? Int64(status.st_blocks) * 512 : 0
    guard let free = freeBytes(at: path) else { return }
    let (needed, overflow) = total.addingReportingOverflow(max(0, total - present))
    guard !overflow, needed <= free else { throw .tooLittleSpace(needed: overflow ? .max : needed, free: free) }
  }
}
