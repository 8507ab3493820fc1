/// The progress of a download.
package struct DownloadProgress: Sendable, Equatable {
  package enum Stage: Sendable, Equatable {
    /// Requesting the run's models and a link.
    case asking
    case downloading
    /// Syncing files to the disk.
    case verifying
    case unpacking
  }

  package var stage: Stage
  /// Of the archive: downloaded or unpacked, including the part from an earlier attempt.
  package var bytes: Int64
  /// Of the archive; nil if unknown.
  package var total: Int64?
  /// The part from an earlier attempt, which must not count for a rate.
  package var resumedFrom: Int64

  package init(_ stage: Stage, bytes: Int64 = 0, total: Int64? = nil, resumedFrom: Int64 = 0) {
    self.stage = stage
    self.bytes = bytes
    self.total = total
    self.resumedFrom = resumedFrom
  }
}

/// A model in its final folder.
package struct DownloadedModel: Sendable, Equatable {
  /// The folder: `DIRECTORY/RUN`.
  package let path: String
  /// Of all its files.
  package let bytes: Int64
  /// True if nothing had to be downloaded.
  package let wasThere: Bool

  package init(path: String, bytes: Int64, wasThere: Bool) {
    self.path = path
    self.bytes = bytes
    self.wasThere = wasThere
  }
}
