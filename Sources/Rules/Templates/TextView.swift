internal import JSONSource
internal import Mustache
internal import Runs

/// A text or a number as templates see it, and what they can make of it: `{{uppercased(phase)}}`, `{{truncate80(message)}}`.
struct TextView: MustacheCustomRenderable, MustacheTransformable, MustacheParent {
  let renderText: String
  let isNumber: Bool

  var isNull: Bool { false }

  func child(named name: String) -> Any? { NothingView.child(named: name) }

  /// Helpers by name, in words for a message that lists them.
  static let transforms = [
    "capitalized", "lowercased", "uppercased", "reversed", "empty", "truncate", "json", "duration", "time",
  ]

  /// Those that make something of nothing.
  static let wantsNothing: Set<String> = ["json", "empty"]

  static func knows(_ name: String) -> Bool {
    transforms.contains(name) || limit(name) != nil
  }

  func transform(_ name: String) -> Any? {
    switch name {
    case "empty": renderText.isEmpty
    case "lowercased": text(renderText.lowercased())
    case "uppercased": text(renderText.uppercased())
    case "capitalized": text(renderText.prefix(1).uppercased() + renderText.dropFirst())
    case "reversed": text(String(renderText.reversed()))
    case "json": text(isNumber ? renderText : Self.quoted(renderText))
    case "duration": text(Int64(renderText).map { Duration.seconds($0).words } ?? renderText)
    case "time": text(Timestamp(iso8601: renderText)?.words ?? renderText)
    default: Self.limit(name).map { text(truncated($0)) }
    }
  }

  private func text(_ value: String) -> TextView {
    TextView(renderText: value, isNumber: false)
  }

  /// `truncate` keeps 200 characters, `truncate80` 80.
  private static func limit(_ name: String) -> Int? {
    guard name.hasPrefix("truncate") else { return nil }
    let digits = name.dropFirst("truncate".count)
    if digits.isEmpty { return 200 }
    return Int(digits).flatMap { digits.allSatisfy(\.isASCII) && (1...100_000).contains($0) ? $0 : nil }
  }

  private func truncated(_ limit: Int) -> String {
    // One character can be made of thousands of code points, and so longer than any message.
    let (scalars, most) = (renderText.unicodeScalars, limit * 4)
    let long = scalars.index(scalars.startIndex, offsetBy: most, limitedBy: scalars.endIndex) ?? scalars.endIndex
    let text = long == scalars.endIndex ? renderText : String(scalars[..<long])
    let cut = text.prefix(limit)
    return cut.endIndex == text.endIndex && long == scalars.endIndex ? renderText : cut + "…"
  }

  private static func quoted(_ value: String) -> String {
    var json = JSONWriter()
    json.string(value)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

extension Timestamp {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// For people: `23 Nov 2026, 09:46 UTC`.
  var words: String {
    let text = iso8601
    let parts = text.prefix { $0 != "T" }.split(separator: "-")
    guard parts.count == 3, let month = Int(parts[1]), let day = Int(parts[2]) else { return text }
    let clock = text.drop { $0 != "T" }.dropFirst().prefix(5)
    return "\(day) \(Self.months[month - 1]) \(parts[0]), \(clock) UTC"
  }
}
