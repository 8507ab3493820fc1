internal import HTTPServing
internal import JSONSource
internal import Runs
internal import Storage

/// Sends the overview to whoever reads `/api/v1/events`, when it has changed, and now and then when it hasn't, so that they know it
/// still is as they see it. While nobody reads, nothing is worked out.
final class LiveUpdates: Sendable {
  /// Between two looks.
  private static let pause: Duration = .seconds(1)
  /// Without news.
  private static let silence: Duration = .seconds(15)

  let broadcast = Broadcast()
  private let overview: Overview
  private let surroundings: Surroundings

  init(_ overview: Overview, _ surroundings: Surroundings) {
    (self.overview, self.surroundings) = (overview, surroundings)
  }

  /// Until it is cancelled. A state that can't be read is tried again: readers see that nothing comes.
  func run() async throws {
    defer { broadcast.end() }
    let (time, start) = (surroundings.clock.system, surroundings.clock.now.milliseconds)
    var (number, last, sentAt) = (0, [UInt8](), Duration.zero)
    while true {
      await broadcast.waitForReader()
      try Task.checkCancellation()
      if let members = try? await overview.members(),
        members != last || time.uptime() - sentAt >= Self.silence
      {
        number += 1
        (last, sentAt) = (members, time.uptime())
        broadcast.publish(.init(id: "\(start)-\(number)", data: Self.message(members, time.now())))
      }
      try await time.sleep(Self.pause)
    }
  }

  /// `{"now": …, "overview": …}`
  static func message(_ members: [UInt8], _ now: Timestamp) -> [UInt8] {
    JSONWriter.object { json in
      json.member("now", now.iso8601)
      json.member("overview", raw: members)
    }
  }

  func subscribe(after seen: String?) -> Response {
    guard let subscription = broadcast.subscribe(after: seen) else {
      return .problem(503, "too many read this already; try again later")
    }
    return Response(200, headers: [("Content-Type", "text/event-stream")], body: .events(subscription))
  }
}
