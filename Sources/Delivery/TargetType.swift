internal import Rules
internal import Storage

/// The type of what deliveries go to, as the metrics tell types apart. Worked out once for each queue, so that counting an attempt
/// looks no name up.
struct TargetType: Sendable, Equatable {
  private static let lanes: [Lane.Kind] = [.hook, .download, .include]
  /// For `Telemetry.init(targets:)`.
  static let words = DestinationSettings.Kind.allCases.map(\.rawValue) + lanes.map { Lane($0).name }
  static let hook = TargetType(of: Lane(.hook))

  /// Among ``words``; their number: it is none of them.
  let place: Int

  /// `webhook`, `hook`.
  var word: String { place < Self.words.count ? Self.words[place] : "other" }

  init(of kind: DestinationSettings.Kind) {
    place = DestinationSettings.Kind.allCases.firstIndex(of: kind) ?? Self.words.count
  }

  init(of lane: Lane) {
    place =
      Self.lanes.firstIndex(of: lane.kind).map { DestinationSettings.Kind.allCases.count + $0 } ?? Self.words.count
  }
}
