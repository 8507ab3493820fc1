/// Pre-signed downloads: the address needs no key, and a key must not be sent to it.
extension World {
  /// The address of a model's archive, valid for ``ModelFiles/linkLifetime``.
  func signedURL(_ run: ScriptedRun, _ epoch: Int, host: String, at now: Int64) -> String {
    let path = "/files/\(organization)/\(run.runID)/\(Self.checkpoint(epoch)).tar"
    let expires = now + models.linkLifetime
    return "http://\(host)\(path)?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Expires=\(expires)"
      + "&X-Goog-Signature=\(signature(of: path, expires: expires))"
  }

  private func signature(of path: String, expires: Int64) -> String {
    String(fnv1a("\(path)?\(expires)#\(secretKey)"), radix: 16)
  }

  func file(_ request: ReceivedRequest, at now: Int64) -> Answer {
    guard request.method == "GET" || request.method == "HEAD" else { return fileError(405, "MethodNotAllowed") }
    // Storage services accept only one form of authorization; a secret key sent here is leaked.
    guard request.headers["authorization"] == nil else { return fileError(400, "InvalidArgument") }
    let query = request.query
    guard let expires = query["X-Goog-Expires"].flatMap(Int64.init),
      query["X-Goog-Signature"] == signature(of: request.path, expires: expires)
    else { return fileError(403, "SignatureDoesNotMatch") }
    guard now < expires else { return fileError(400, "ExpiredToken") }
    let segments = request.segments
    guard segments.count == 4, let run = run(segments[2], at: now), let epoch = Self.epoch(ofFile: segments[3]) else {
      return fileError(404, "NoSuchKey")
    }
    let made = run.archive.map { Archive(bytes: $0) }
    return serve(
      made ?? Archive(runID: run.runID, flow: run.flow, epoch: epoch, size: modelSize, files: models), request)
  }

  private static func epoch(ofFile name: String) -> Int? {
    guard name.hasPrefix("ckpt_"), name.hasSuffix(".tar") else { return nil }
    return Int(name.dropFirst(5).dropLast(4))
  }

  private func serve(_ archive: Archive, _ request: ReceivedRequest) -> Answer {
    var headers = [
      "Content-Type": "application/x-tar", "Accept-Ranges": models.givesRanges ? "bytes" : "none",
      "ETag": "\"\(String(archive.tag, radix: 16))\"",
    ]
    let value = models.checksum == .none ? 0 : checksums.crc32c(of: archive) ^ (models.checksum == .wrong ? 1 : 0)
    if models.checksum != .none { headers["x-goog-hash"] = "crc32c=\(Archive.googleHash(value))" }
    guard models.givesRanges, let text = request.headers["range"] else {
      return Answer(200, headers: headers, body: .archive(archive, 0..<archive.count))
    }
    guard let range = Self.byteRange(text, of: archive.count) else {
      headers["Content-Range"] = "bytes */\(archive.count)"
      return Answer(416, headers: headers)
    }
    headers["Content-Range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(archive.count)"
    return Answer(206, headers: headers, body: .archive(archive, range))
  }

  /// Reads `bytes=FIRST-LAST`, `bytes=FIRST-` and `bytes=-COUNT`; nil if no part of it is in the file.
  static func byteRange(_ text: String, of count: Int) -> Range<Int>? {
    guard text.hasPrefix("bytes=") else { return nil }
    let sides = text.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2 else { return nil }
    if sides[0].isEmpty {
      return Int(sides[1]).flatMap { 0 < $0 ? max(0, count - $0)..<count : nil }
    }
    guard let first = Int(sides[0]), first < count else { return nil }
    guard !sides[1].isEmpty else { return first..<count }
    return Int(sides[1]).flatMap { first <= $0 ? first..<min($0 + 1, count) : nil }
  }

  private func fileError(_ status: Int, _ code: String) -> Answer {
    let text = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>\(code)</Code></Error>"
    return Answer(status, headers: ["Content-Type": "application/xml"], body: .bytes(Array(text.utf8)))
  }
}
