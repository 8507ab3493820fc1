import Secrets
import Simulator
import Testing
import ViAPI

@testable import Models

/// Storages that answer a request for a piece with something else; whatever it is, nothing of it gets into the model.
@Suite(.timeLimit(.minutes(6)))
struct LyingStorageTests {
  private static let size = 300_000
  private static let piece = 32_768
  private static let junk = String(repeating: "x", count: piece)

  /// What the second piece of the archive is answered with.
  struct Lie: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let status: Int
    /// `TOTAL` becomes the length of the archive.
    let range: String
    var isOfAnother = false
    var body = junk

    static let all = [
      Lie(testDescription: "an error that looks like the piece", status: 503, range: "bytes 32768-65535/TOTAL"),
      Lie(
        testDescription: "the piece of another file", status: 206, range: "bytes 32768-65535/TOTAL", isOfAnother: true),
      Lie(testDescription: "a piece of a longer file", status: 206, range: "bytes 32768-65535/999999"),
      Lie(testDescription: "a piece from before", status: 206, range: "bytes 0-32767/TOTAL"),
      Lie(testDescription: "another piece", status: 206, range: "bytes 65536-98303/TOTAL"),
      Lie(testDescription: "more than was asked for", status: 206, range: "bytes 32768-98303/TOTAL", body: junk + junk),
      Lie(testDescription: "more than it says", status: 206, range: "bytes 32768-65535/TOTAL", body: junk + "x"),
      Lie(testDescription: "a range that is none", status: 206, range: "bytes */TOTAL"),
      Lie(testDescription: "something whole", status: 200, range: ""),
      Lie(testDescription: "nothing", status: 206, range: "bytes 32768-65535/TOTAL", body: ""),
      Lie(testDescription: "no such range", status: 416, range: "bytes */TOTAL", body: ""),
    ]
  }

  private func headers(_ lie: Lie, _ kit: ModelsKit) async throws -> [String: String] {
    let link = try #require(try await kit.client.outputs(of: ModelsKit.run, contents: true).last?.downloadURL)
    let target = String(link.revealed.dropFirst(kit.simulator.endpoint.count))
    let answer = kit.simulator.respond(to: ReceivedRequest(time: 0, method: "HEAD", target: target))
    let tag = try #require(answer.headers["ETag"])
    let total = kit.archive(size: Self.size).count
    return [
      "ETag": lie.isOfAnother ? "\"another\"" : tag, "Content-Range": lie.range.replacing("TOTAL", with: "\(total)"),
    ]
  }

  @Test(arguments: Lie.all) func `a lie is asked about again, and nothing of it is kept`(_ lie: Lie) async throws {
    var settings = DownloadSettings.small
    settings.connections = 1
    try await withModels(size: Self.size, settings: settings) { kit in
      let headers = try await headers(lie, kit)
      kit.simulator.inject(Fault(on: .file, after: 2, .status(lie.status, headers: headers, body: lie.body)))
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: Self.size)))
    }
  }

  @Test func `a storage that gives less than was asked for is asked for the rest`() async throws {
    var settings = DownloadSettings.small
    settings.connections = 1
    try await withModels(size: Self.size, settings: settings) { kit in
      let archive = kit.archive(size: Self.size)
      let some = String(decoding: archive.bytes(in: 0..<900), as: UTF8.self)
      // The beginning of the archive is text.
      #expect(some.utf8.count == 900)
      var headers = try await headers(Lie(testDescription: "", status: 206, range: "bytes 0-899/TOTAL"), kit)
      headers["Content-Range"] = "bytes 0-899/\(archive.count)"
      kit.simulator.inject(Fault(on: .file, after: 1, .status(206, headers: headers, body: some)))
      _ = try await kit.download()
      #expect(try kit.holds(archive))
      #expect(try kit.ranges().contains(900..<Self.piece))
    }
  }
}
