internal import HTTPServing
internal import JSONSource
internal import Runs
internal import Storage

/// Publishes the overview to the readers of `/api/v1/events` when it has changed, and every 15 s otherwise, so that readers can tell
/// a quiet connection from a broken one. Without readers it computes nothing.
final class LiveUpdates: Sendable {
  /// Between two checks for changes.
  private static let pause: Duration = .seconds(1)
  /// The longest time without a message.
  private static let silence: Duration = .seconds(15)

  let broadcast = Broadcast()
  private let overview: Overview
  private let surroundings: Surroundings

  init(_ overview: Overview, _ surroundings: Surroundings) {
    (self.overview, self.surroundings) = (overview, surroundings)
  }

  /// Runs until cancelled. Readers hear of a state that is out of reach. If it can't be read otherwise it retries; readers notice
  /// the silence.
  func run() async throws {
    defer { broadcast.end() }
    let (time, start) = (surroundings.clock.system, surroundings.clock.now.milliseconds)
    var (number, last, sentAt) = (0, [UInt8](), Duration.zero)
    while true {
      await broadcast.waitForReader()
      try Task.checkCancellation()
      if let (name, value) = await news(), value != last || time.uptime() - sentAt >= Self.silence {
        number += 1
        (last, sentAt) = (value, time.uptime())
        broadcast.publish(.init(id: "\(start)-\(number)", data: Self.message(name, value, time.now())))
      }
      try await time.sleep(Self.pause)
    }
  }

  /// A member of the next message; nil: the state can't be read at this moment.
  private func news() async -> (name: String, value: [UInt8])? {
    if let outage = surroundings.outage() { return ("outage", outage.json) }
    let members = try? await Glance.take { () throws(StorageError) in try await overview.members() }
    return members.map { ("overview", $0) }
  }

  /// `{"now": …, "overview": …}`, or `{"now": …, "outage": …}`
  static func message(_ name: String, _ value: [UInt8], _ now: Timestamp) -> [UInt8] {
    JSONWriter.object { json in
      json.member("now", now.iso8601)
      json.member(name, raw: value)
    }
  }

  func subscribe(after seen: String?) -> Response {
    guard let subscription = broadcast.subscribe(after: seen) else {
      return .problem(503, "too many readers; try again later")
    }
    return Response(200, headers: [("Content-Type", "text/event-stream")], body: .events(subscription))
  }
}
