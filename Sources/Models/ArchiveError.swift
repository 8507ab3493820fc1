/// Why an archive was not unpacked. Names come from the archive, made printable.
package enum ArchiveError: Error, Sendable, Equatable {
  /// libarchive is missing on this machine, or too old; `reason` is the loader's.
  case noLibrary(reason: String)
  /// Not a format that the unpacker reads: a tar, plain or compressed with gzip, bzip2, xz or zstd.
  case notATar
  /// It is truncated or broken; `reason` is libarchive's text.
  case broken(reason: String)
  /// A link, a device, a pipe, a socket.
  case notAFile(name: String)
  /// Absolute, with `..`, control characters, too long or too deep.
  case unsafeName(name: String)
  /// Two entries for the same file.
  case twice(name: String)
  /// More than `limit` bytes, unpacked.
  case tooLarge(limit: Int64)
  /// More than `limit` entries.
  case tooMany(limit: Int)
  /// No `model_full/run.json` with all its weights.
  case noModel
}

extension ArchiveError: CustomStringConvertible {
  /// A lower-case clause without a full stop.
  package var description: String {
    switch self {
    case .noLibrary(let reason):
      "libarchive can't be loaded (\(reason)): install it, on Debian with apt-get install libarchive13"
    case .notATar: "the archive isn't a tar file"
    case .broken(let reason): "the archive is broken: \(reason)"
    case .notAFile(let name): "the archive contains an entry that is neither file nor directory: \(name)"
    case .unsafeName(let name): "the archive contains an unsafe name: \(name)"
    case .twice(let name): "the archive contains a file twice: \(name)"
    case .tooLarge(let limit): "the archive unpacks to more than \(limit) bytes"
    case .tooMany(let limit): "the archive has more than \(limit) entries"
    case .noModel: "the archive doesn't contain a complete model: model_full/run.json or weights are missing"
    }
  }
}
