internal import CDisk
internal import Glibc
internal import JSONSource
internal import WireTime

/// Records which pieces of an archive are durable: a line with the file they belong to, then a line for each piece, with its number
/// and a dot. A piece is recorded after its bytes are synced, so a killed process or a power failure loses only what came since
/// the last sync.
struct Journal: Sendable {
  /// The archive that the pieces belong to.
  struct Subject: Sendable, Equatable {
    var checkpoint: String
    var file: RemoteFile
    var pieceSize: Int64
  }

  private let file: Descriptor

  /// Begins a new journal. Reserves room for its lines, so that a full disk can't keep it from being written.
  static func begin(_ path: String, _ subject: Subject) throws(DownloadError) -> Journal {
    try removeTree(path)
    let file = try Descriptor(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND)
    let pieces = (subject.file.total ?? 0) / max(1, subject.pieceSize) + 1
    _ = cdisk_reserve(file.number, 4_096 + pieces * 8)
    let journal = Journal(file: file)
    try journal.append(subject.line)
    return journal
  }

  /// The journal of an earlier attempt; nil if it can't be read.
  static func read(_ path: String) -> (subject: Subject, finished: [Int])? {
    guard let bytes = readSmallFile(path, most: 64 << 20) else { return nil }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    guard lines.count > 1, let subject = Subject(Array(lines[0])) else { return nil }
    // A line without its final dot is incomplete: `1` may be the beginning of `12`.
    let whole = lines.dropFirst().filter { $0.last == UInt8(ascii: ".") }
    return (subject, whole.compactMap { Int(String(decoding: $0.dropLast(), as: UTF8.self)) })
  }

  /// Continues the journal that ``read(_:)`` has returned.
  static func resume(_ path: String) throws(DownloadError) -> Journal {
    Journal(file: try Descriptor(path, O_WRONLY | O_APPEND))
  }

  /// Records pieces whose bytes are durable.
  func note(_ pieces: [Int]) throws(DownloadError) {
    guard !pieces.isEmpty else { return }
    // Start with a line feed, to end a line that an earlier attempt left incomplete.
    try append("\n" + pieces.map { "\($0).\n" }.joined())
  }

  private func append(_ text: String) throws(DownloadError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(file.number, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .disk(path: file.path, number: count < 0 ? errno : ENOSPC) }
      rest = rest.dropFirst(count)
    }
    try file.check(fdatasync(file.number))
  }
}

extension Journal.Subject {
  fileprivate var line: String {
    let json = JSONWriter.object {
      $0.member("version", 1)
      $0.member("checkpoint", checkpoint)
      $0.member("size", file.total)
      $0.member("validator", file.validator)
      $0.member("digest", file.digest?.text)
      $0.member("pieceSize", pieceSize)
    }
    return String(decoding: json, as: UTF8.self) + "\n"
  }

  fileprivate init?(_ line: [UInt8]) {
    guard let root = try? JSONDocument(parsing: line).root, root["version"]?.integer == 1,
      let checkpoint = root["checkpoint"]?.string, let size = root["size"]?.integer,
      (0...WireNumber.maxBytes).contains(size),
      let pieceSize = root["pieceSize"]?.integer, pieceSize > 0, size / pieceSize <= PiecePlan.maxPieces
    else { return nil }
    let digest = root["digest"]?.string.flatMap { ExpectedDigest(text: $0) }
    self.init(
      checkpoint: checkpoint,
      file: RemoteFile(total: size, validator: root["validator"]?.string, digest: digest), pieceSize: pieceSize)
  }
}

/// The contents of a file that should be small; nil if it can't be read or is larger than `most`.
func readSmallFile(_ path: String, most: Int) -> [UInt8]? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while bytes.count <= most {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { break }
    bytes += chunk[..<count]
  }
  return ferror(file) == 0 && bytes.count <= most ? bytes : nil
}
