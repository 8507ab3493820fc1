internal import Glibc
internal import Locking

/// An archive that is being fetched in pieces: the file they go to, which of them are there, and the journal of them.
final class FetchJob: Sendable {
  private struct State {
    var plan: PiecePlan
    /// Pieces that are there, and not in the journal yet.
    var unsaved: [Int] = []
    var isHalted = false
  }

  let subject: Journal.Subject
  let file: Descriptor
  /// Bytes that an earlier attempt had left.
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

  /// Goes on with what an earlier attempt has left of the same file, or begins.
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

  /// The next piece to fetch; nil when there is none, or while it is halted.
  func take() -> Int? { state.withLock { $0.isHalted ? nil : $0.plan.take()?.index } }

  /// No more pieces are given out for now; those on their way come to their end.
  func halt(_ isHalted: Bool) { state.withLock { $0.isHalted = isHalted } }

  func rest(of piece: Int) -> Range<Int64> { state.withLock { $0.plan.rest(of: piece) } }
  func giveBack(_ piece: Int) { state.withLock { $0.plan.giveBack(piece) } }

  /// - Returns: the bytes that are there now.
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

  /// Brings finished pieces to the disk, and then into the journal, where there are that many bytes of them. Waits for the
  /// disk. When it fails, these pieces are fetched again by the next attempt.
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
  /// Length of the archive's file, -1 when there is none.
  var archiveBytes: Int64 {
    var status = stat()
    return lstat(archive, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : -1
  }

  /// Sees that there is room for what is missing of the archive, and for all that is in it; packed weights hardly get smaller.
  func checkSpace(archive total: Int64) throws(DownloadError) {
    var status = stat()
    let present = lstat(archive, &status) == 0 ? Int64(status.st_blocks) * 512 : 0
    guard let free = freeBytes(at: path) else { return }
    let (needed, overflow) = total.addingReportingOverflow(max(0, total - present))
    guard !overflow, needed <= free else { throw .tooLittleSpace(needed: overflow ? .max : needed, free: free) }
  }
}
