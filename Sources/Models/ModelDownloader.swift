internal import Glibc
package import Runs
package import Transport
package import ViAPI

/// Fetches the models of runs.
package struct ModelDownloader: Sendable {
  var settings = DownloadSettings()
  private let client: ViClient
  private let http: HTTPClient
  private let time: TimeSource

  /// - Parameter http: a client of its own: what comes in is written to the disk on its thread, which a slow disk holds up.
  package init(client: ViClient, http: HTTPClient, time: TimeSource) {
    self.client = client
    self.http = http
    self.time = time
  }

  /// Puts the model in place under `directory`/`run`, or finds it there. Cancelling ends it; what was downloaded stays for the
  /// next time.
  ///
  /// - Parameters:
  ///   - checkpoint: nil takes what is there already, else the latest.
  ///   - onProgress: called often and on any thread; must be quick.
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
    // Who held the folder until now may have been about the same.
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
