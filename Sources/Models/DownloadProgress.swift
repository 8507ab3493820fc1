/// How far a download is.
package struct DownloadProgress: Sendable, Equatable {
  package enum Stage: Sendable, Equatable {
    /// For the run's models, and a link to them.
    case asking
    case downloading
    /// The files go to the disk for good.
    case verifying
    case unpacking
  }

  package var stage: Stage
  /// Of the archive: what is there, or has been unpacked. Counts what an earlier attempt left.
  package var bytes: Int64
  /// Of the archive; nil while it is not known, and where the server doesn't tell.
  package var total: Int64?
  /// What an earlier attempt had left: not to be counted into a rate.
  package var resumedFrom: Int64

  package init(_ stage: Stage, bytes: Int64 = 0, total: Int64? = nil, resumedFrom: Int64 = 0) {
    self.stage = stage
    self.bytes = bytes
    self.total = total
    self.resumedFrom = resumedFrom
  }
}

/// A model in its place.
package struct DownloadedModel: Sendable, Equatable {
  /// The folder: `DIRECTORY/RUN`.
  package let path: String
  /// Of all its files.
  package let bytes: Int64
  /// Nothing had to be downloaded.
  package let wasThere: Bool

  package init(path: String, bytes: Int64, wasThere: Bool) {
    self.path = path
    self.bytes = bytes
    self.wasThere = wasThere
  }
}
