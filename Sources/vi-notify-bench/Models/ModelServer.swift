import Glibc
import Locking
import Simulator

/// One run's model for benches on 127.0.0.1: the page that has its link, and the archive, which stands in memory whole and is
/// sent from there, a thread for each connection. It takes no part in what is measured but as fast as a socket goes.
///
/// `vi-notify-bench serve-model MEGABYTES` prints the port as one line, and ends when its input is closed.
struct ModelServer {
  static let organization = "bench-org"
  static let run = "run_bench"

  private let listener: Int32
  private let port: UInt16
  private let bytes: [UInt8]
  private let checksum: String

  init?(_ arguments: some Collection<String>) throws(ServerFailure) {
    guard arguments.count == 1, let megabytes = arguments.first.flatMap(Int.init), megabytes > 0 else { return nil }
    let archive = Archive(
      runID: Self.run, flow: "bench", epoch: 10, size: megabytes * 1_000_000, files: ModelFiles(shards: 4))
    bytes = archive.bytes(in: 0..<archive.count)
    checksum = Archive.googleHash(archive.crc32c)
    (listener, port) = try listenOnLoopback()
  }

  func run() {
    print(port)
    fflush(nil)
    let code = startThread {
      while case let connection = accept(listener, nil, nil), connection >= 0 {
        var on: Int32 = 1
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        guard startThread({ self.serve(connection) }) == 0 else { break }
      }
    }
    guard code == 0 else { return }
    var byte: UInt8 = 0
    while read(0, &byte, 1) == 1 {}
  }

  /// Requests are short and come when the answer before has been read, so each in one piece.
  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while case let count = read(connection, &buffer, buffer.count), count > 0 {
      let head = String(decoding: buffer[..<count], as: UTF8.self)
      guard
        head.split(separator: " ").dropFirst().first?.hasPrefix("/files/") == true
          ? file(head, connection) : page(connection)
      else { return }
    }
  }

  private func page(_ connection: Int32) -> Bool {
    let url = "http://127.0.0.1:\(port)/files/model.tar"
    let body = """
      {"items":[{"kind":"RunOutput","workspaceId":"\(Self.organization)","runId":"\(Self.run)","runOutputId":"ckpt_10",\
      "spec":{"kind":"Checkpoint","epoch":10,"evaluationMetrics":{}},"status":{"observedGeneration":1,"conditions":[],\
      "storageObject":"x","contents":{"downloadUrl":{"url":"\(url)","expiresAt":4000000000000}}},\
      "metadata":{"timeCreated":1,"lastUpdated":1,"generation":1,"attributes":{}},"selfLink":"/x","etag":"x"}]}
      """
    return send("200 OK", ["Content-Type: application/json"], Array(body.utf8)[...], connection)
  }

  private func file(_ head: String, _ connection: Int32) -> Bool {
    let common = ["ETag: \"bench\"", "Accept-Ranges: bytes", "x-goog-hash: crc32c=\(checksum)"]
    let lines = head.split(separator: "\r\n")
    let isHead = head.hasPrefix("HEAD ")
    guard let range = lines.first(where: { $0.lowercased().hasPrefix("range: bytes=") }) else {
      return send("200 OK", common, bytes[...], connection, isHead: isHead)
    }
    let ends = range.dropFirst("range: bytes=".count).split(separator: "-").compactMap { Int($0) }
    guard ends.count == 2, ends[0] <= ends[1], ends[1] < bytes.count else { return false }
    let field = "Content-Range: bytes \(ends[0])-\(ends[1])/\(bytes.count)"
    return send("206 Partial Content", common + [field], bytes[ends[0]...ends[1]], connection, isHead: isHead)
  }

  private func send(
    _ status: String, _ fields: [String], _ body: ArraySlice<UInt8>, _ connection: Int32, isHead: Bool = false
  ) -> Bool {
    let head =
      (["HTTP/1.1 \(status)"] + fields + ["Content-Length: \(body.count)"]).joined(separator: "\r\n") + "\r\n\r\n"
    return sendAll(Array(head.utf8)[...], connection) && (isHead || sendAll(body, connection))
  }

  private func sendAll(_ bytes: ArraySlice<UInt8>, _ connection: Int32) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.send(connection, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }
}
