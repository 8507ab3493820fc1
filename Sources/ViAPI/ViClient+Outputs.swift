internal import JSONSource
internal import Transport
internal import Notation

extension ViClient {
  /// The outputs of a run, in the API's order: the latest is last.
  ///
  /// - Parameters:
  ///   - run: its id.
  ///   - checkpoint: only this one; the result is empty if it doesn't exist.
  ///   - contents: include download links, if the export is ready.
  /// - Throws: ``SourceError/noSuchRun(id:)`` if no checkpoint was requested, else like every request.
  package func outputs(
    of run: String, checkpoint: String? = nil, contents: Bool = false
  ) async throws(SourceError) -> [RunOutput] {
    var trail = PageTrail()
    var outputs: [RunOutput] = []
    var token: String?
    repeat {
      guard let page = try await outputPage(run, checkpoint, contents, token) else { return [] }
      outputs += page.outputs
      token = page.next
      if let token { try trail.follow(token) }
    } while token != nil
    return outputs
  }

  private typealias OutputPage = (outputs: [RunOutput], next: String?)

  /// Nil if the checkpoint doesn't exist.
  private func outputPage(
    _ run: String, _ checkpoint: String?, _ contents: Bool, _ token: String?
  ) async throws(SourceError) -> OutputPage? {
    let path =
      "/runs/\(PercentEncoding.encode(run))/outputs" + (checkpoint.map { "/\(PercentEncoding.encode($0))" } ?? "")
    let query = "?intent=sdkLocalDeploy" + (contents ? "&contents=y" : "")
    let next = token.map { "&p=\(PercentEncoding.encode($0))" } ?? ""
    let response: HTTPResponse
    do throws(SourceError) {
      response = try await get("\(path)\(query)\(next)&s=100", Self.requestTimeout)
    } catch {
      guard case .rejected(404, _) = error else { throw error }
      guard checkpoint == nil else { return nil }
      throw .noSuchRun(id: run)
    }
    return try outputPage(response)
  }

  private func outputPage(_ response: HTTPResponse) throws(SourceError) -> OutputPage {
    guard let document = try? JSONDocument(parsing: response.body, maximumValues: 1_000_000),
      document.root.members != nil
    else {
      throw .notVi("\(response.status) with \(response.body.count) bytes, which isn't a page of models")
    }
    // For one checkpoint, the SDK also accepts the bare model.
    if document.root["runOutputId"] != nil { return ([try RunOutput(document.root, of: document)], nil) }
    var outputs: [RunOutput] = []
    for item in document.root.present("items")?.elements ?? [] { outputs.append(try RunOutput(item, of: document)) }
    let next = document.root["nextPage"]?.string ?? ""
    return (outputs, next.isEmpty ? nil : next)
  }
}

extension ViClient {
  /// The log of a run.
  ///
  /// - Parameters:
  ///   - run: its id.
  ///   - block: only this one of the flow's blocks.
  ///   - limit: at most so many entries; a server may ignore it.
  /// - Throws: ``SourceError/noSuchRun(id:)`` when the API answers 404, else like every request.
  package func log(
    of run: String, block: String? = nil, limit: Int? = nil, timeout: Duration = requestTimeout
  ) async throws(SourceError) -> (log: RunLog, answer: [UInt8]) {
    let query = [
      block.map { "block=\(PercentEncoding.encode($0))" }, limit.map { "limit=\($0)" },
    ].compactMap(\.self).joined(separator: "&")
    do throws(SourceError) {
      let response = try await get(
        "/runs/\(PercentEncoding.encode(run))/logs\(query.isEmpty ? "" : "?\(query)")", timeout)
      return (RunLog(answer: response.body), response.body)
    } catch {
      guard case .rejected(404, _) = error else { throw error }
      throw .noSuchRun(id: run)
    }
  }
}
