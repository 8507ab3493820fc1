package import Runs
package import Transport
package import ViAPI

/// Fetches the models of runs.
package struct ModelDownloader: Sendable {
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
    onProgress(DownloadProgress(.asking))
    guard Run.isValid(id: run), checkpoint.map(Run.isValid(id:)) ?? true else {
      throw .noSuchModel(run: run, checkpoint: checkpoint)
    }
    throw .notReady(run: run)
  }
}
