internal import Glibc
package import Runs
package import Transport
package import ViAPI

/// Downloads the models of runs into the layout of the vendor's SDK.
///
/// A run's id flows in; a complete folder `DIRECTORY/RUN` flows out, together with progress. Between them are parallel range
/// requests, a journal of finished pieces, a checksum and a strict unpacker.
///
/// - `DIRECTORY/RUN` is complete or absent at any moment, whenever the process is killed.
/// - A download resumes where it stopped, and never mixes two versions of a file.
/// - Nothing is written outside the folder, whatever the archive contains; links and devices are refused.
/// - The API's key is never sent to the storage, and no message shows a link.
///
/// It doesn't decide when to download (that is `Delivery` or a command), and deletes no models.
///
/// Begin reading here, then `ArchiveFetch.swift` (the download), then `ModelInstaller.swift` (the unpacking).
package struct ModelDownloader: Sendable {
  var settings = DownloadSettings()
  private let client: ViClient
  private let http: HTTPClient
  private let time: TimeSource

  /// - Parameter http: a client for downloads only: its thread writes to the disk, and a slow disk would delay other requests.
  package init(client: ViClient, http: HTTPClient, time: TimeSource) {
    self.client = client
    self.http = http
    self.time = time
  }

  /// Puts the model into `directory`/`run`, or finds it there. If cancelled, the downloaded part stays for the next attempt.
  ///
  /// - Parameters:
  ///   - checkpoint: nil accepts the model that is there, else takes the latest.
  ///   - onProgress: called often and on any thread; must be fast.
  package func download(
    run: String, checkpoint: String?, to directory: String,
    onProgress: @escaping @Sendable (DownloadProgress) -> Void
  ) async throws(DownloadError) -> DownloadedModel {
    guard Run.isValid(id: run), checkpoint.map(Run.isValid(id:)) ?? true else {
      throw .noSuchModel(run: run, checkpoint: checkpoint)
    }
    let place = ModelInstaller(directory: directory, run: run, checkpoint: checkpoint)
    if let model = try await onDisk({ _ throws(DownloadError) in place.present() }) { return model }
    let work = try await onDisk { _ throws(DownloadError) in try place.makeWorkFolder() }
    // The previous holder of the folder may have downloaded the same model.
    if let model = try await onDisk({ _ throws(DownloadError) in place.present() }) {
      work.remove()
      return model
    }
    onProgress(DownloadProgress(.asking))
    let storage = ArchiveStorage(http: http, time: time, settings: settings)
    let fetch = ArchiveFetch(
      client: client, storage: storage, work: work, run: run, checkpoint: checkpoint, onProgress: onProgress)
    let subject: Journal.Subject
    do throws(DownloadError) {
      subject = try await fetch.fetch()
    } catch {
      if work.isEmpty { work.remove() }
      throw error
    }
    let limits = settings.unpackLimits
    return try await onDisk { isWanted throws(DownloadError) in
      try place.fill(from: subject, in: work, limits: limits, isWanted: isWanted, onProgress: onProgress)
    }
  }
}
