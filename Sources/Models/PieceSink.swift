internal import Locking
internal import Transport

/// Writes one piece of the archive to its place in the file while it arrives.
final class PieceSink: BodySink {
  private struct State {
    var position: Int64
    var failure: Int32 = 0
  }

  private let range: Range<Int64>
  private let subject: RemoteFile
  private let file: Descriptor
  private let onBytes: @Sendable (Int) -> Void
  private let state: Locked<State>

  /// - Parameters:
  ///   - range: the requested range.
  ///   - subject: the file it must be a part of.
  init(
    _ range: Range<Int64>, of subject: RemoteFile, into file: Descriptor, onBytes: @escaping @Sendable (Int) -> Void
  ) {
    self.range = range
    self.subject = subject
    self.file = file
    self.onBytes = onBytes
    state = Locked(State(position: range.lowerBound))
  }

  /// The errno of a failed write, or 0.
  var failure: Int32 { state.withLock(\.failure) }

  /// A server may send less than requested, but from the same offset and of the same file. Comparing the validator here, before
  /// the first byte is written, replaces `If-Range`, which some storages don't support.
  func accepts(_ head: HTTPResponse) -> Bool {
    guard head.status == 206, let part = ContentRange(head), RemoteFile(head).isSamePart(of: subject) else {
      return false
    }
    return part.range.lowerBound == range.lowerBound && part.range.upperBound <= range.upperBound
  }

  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let isTaken = state.withLock { state in
      guard state.position + Int64(bytes.count) <= range.upperBound else { return false }
      state.failure = file.write(bytes, at: state.position)
      guard state.failure == 0 else { return false }
      state.position += Int64(bytes.count)
      return true
    }
    if isTaken { onBytes(bytes.count) }
    return isTaken
  }
}

/// Writes a whole archive from its beginning, if the server doesn't support ranges.
final class WholeSink: BodySink {
  private struct State {
    var file: Descriptor?
    var subject = RemoteFile()
    var position: Int64 = 0
    var failure: DownloadError?
  }

  private let begin: @Sendable (RemoteFile) throws(DownloadError) -> Descriptor
  private let onBytes: @Sendable (_ position: Int64, _ total: Int64?) -> Void
  private let state = Locked(State())

  /// - Parameter begin: opens an empty file.
  init(
    begin: @escaping @Sendable (RemoteFile) throws(DownloadError) -> Descriptor,
    onBytes: @escaping @Sendable (_ position: Int64, _ total: Int64?) -> Void
  ) {
    self.begin = begin
    self.onBytes = onBytes
  }

  /// Why a write failed.
  var failure: DownloadError? { state.withLock(\.failure) }

  /// The received file; its total is the counted length.
  var received: (subject: RemoteFile, file: Descriptor)? {
    state.withLock { state in
      guard let file = state.file else { return nil }
      var subject = state.subject
      subject.total = state.position
      return (subject, file)
    }
  }

  func accepts(_ head: HTTPResponse) -> Bool {
    guard head.status == 200 else { return false }
    return state.withLock { state in
      state.subject = RemoteFile(head)
      state.position = 0
      do throws(DownloadError) {
        state.file = try begin(state.subject)
        return true
      } catch {
        state.failure = error
        return false
      }
    }
  }

  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let (isTaken, position, total) = state.withLock { state -> (Bool, Int64, Int64?) in
      guard let file = state.file else { return (false, 0, nil) }
      let failure = file.write(bytes, at: state.position)
      guard failure == 0 else {
        state.failure = .disk(path: file.path, number: failure)
        return (false, 0, nil)
      }
      state.position += Int64(bytes.count)
      return (true, state.position, state.subject.total)
    }
    if isTaken { onBytes(position, total) }
    return isTaken
  }
}
