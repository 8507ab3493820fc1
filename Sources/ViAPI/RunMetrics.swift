internal import JSONSource

/// What a model is worth: `evaluationMetrics` and the epoch of a ``RunOutput``.
package struct RunMetrics: Sendable, Equatable {
  private static let maxShown = 12
  /// A larger document is no table of metrics, and has no place in a message.
  private static let maxBytes = 16_384

  /// A JSON object: the metrics, and `epoch` unless they have one.
  package let json: [UInt8]
  /// A line for each number, `accuracy 0.913`; numbers of objects inside with the path to them. At most 12 lines, cut to four places.
  package let text: String

  /// Nil when there is nothing to say, or too much.
  package init?(_ output: RunOutput) {
    let document = output.metrics.flatMap { try? JSONDocument(parsing: $0) }
    let members = document?.root.members ?? []
    guard (output.metrics?.count ?? 0) <= Self.maxBytes, !members.isEmpty || output.epoch != nil else { return nil }
    json = JSONWriter.object { json in
      for member in members { if let document { json.member(member.key, raw: document.raw(member.value)) } }
      if let epoch = output.epoch, !members.contains(where: { $0.key == "epoch" }) { json.member("epoch", epoch) }
    }
    var lines = output.epoch.map { ["epoch \($0)"] } ?? []
    for member in members { Self.add(member.value, member.key, depth: 0, to: &lines) }
    let more = lines.count - Self.maxShown
    text = (lines.prefix(Self.maxShown) + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "\n")
  }

  private static func add(_ node: JSONNode, _ name: String, depth: Int, to lines: inout [String]) {
    if let number = node.number {
      lines.append("\(name) \(short(number))")
    } else if let members = node.members, depth < 3 {
      for member in members { add(member.value, "\(name).\(member.key)", depth: depth + 1, to: &lines) }
    }
  }

  /// A number with at most four digits after the point; as it was written where that would change it to nothing.
  private static func short(_ number: String) -> String {
    guard let point = number.firstIndex(of: "."), !number.contains("e"), !number.contains("E"),
      number[point...].count > 5, let value = Double(number), value.magnitude >= 0.001
    else { return number }
    let scaled = (value * 10_000).rounded() / 10_000
    return "\(scaled)"
  }
}
