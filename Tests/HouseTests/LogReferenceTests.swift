import FoundationEssentials
import Glibc
import Testing

/// docs/logs.md lists every event of the log, and is made of the sources: whoever greps or alerts can rely on it.
@Suite struct LogReferenceTests {
  private static let rooms = ["Watching", "Delivery", "Tracing", "Daemon"]
  private static let levels = ["debug", "info", "notice", "warning", "error", "critical"]

  @Test func `docs/logs.md lists every event of the log`() throws {
    let file = repository.appending(path: "docs/logs.md")
    let wanted = try Self.page()
    if getenv("VI_NOTIFY_WRITE_REFERENCE") != nil { try wanted.write(to: file, atomically: true, encoding: .utf8) }
    let found = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    #expect(found == wanted, "write it anew: VI_NOTIFY_WRITE_REFERENCE=1 swift test --filter ReferenceTests")
  }

  private static func page() throws -> String {
    let events = try rooms.flatMap { room in
      let folder = repository.appending(path: "Sources/\(room)")
      let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
      return try names.sorted().flatMap { name in
        try calls(in: String(contentsOf: folder.appending(path: name), encoding: .utf8)).map { (room, $0) }
      }
    }
    try #require(events.count > 30)
    let rows = events.map { room, call in
      "| \(call.level) | \(call.phrase) | \(call.fields.map { "`\($0)`" }.joined(separator: ", ")) | \(room) |"
    }
    return """
      # The log

      Made of the code by a test. Every line is one event: its level, a constant `msg`, and fields. `--log-format text` (the default off a
      terminal) writes `time=… level=… msg="…" run=… rule=… destination=… delivery=…` and then the other fields by name; `json` writes the
      same as one object a line. On a terminal `watch` writes shorter lines for people.

      Some events have more fields than are listed here, as far as they are known: `run`, `flow`, `reason`, `took`, `next`, `advice`.

      | level | msg | fields | from |
      |---|---|---|---|
      \(Set(rows).sorted().joined(separator: "\n"))

      """
  }

  private struct Call {
    let level: String
    let phrase: String
    let fields: [String]
  }

  /// The calls of a logger with a constant phrase.
  private static func calls(in text: String) -> [Call] {
    levels.flatMap { level in
      text.ranges(of: "log.\(level)(").compactMap { range -> Call? in
        let rest = text[range.upperBound...].drop { $0.isWhitespace }
        guard rest.first == "\"", let (phrase, end) = literal(rest) else { return nil }
        return Call(level: level, phrase: phrase, fields: keys(in: arguments(rest[end...])))
      }
    }
  }

  /// The text of a literal, on one line, and where it ends.
  private static func literal(_ text: Substring) -> (String, String.Index)? {
    let quote = text.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
    let inside = text.dropFirst(quote.count)
    guard let end = inside.firstRange(of: quote) else { return nil }
    let lines = inside[..<end.lowerBound].split(separator: "\n").map { line in
      var line = line.drop { $0 == " " }
      if line.hasSuffix("\\") { line = line.dropLast() }
      return String(line)
    }
    return (lines.joined().replacing("\\\"", with: "\""), end.upperBound)
  }

  /// Up to the parenthesis that closes the call.
  private static func arguments(_ text: Substring) -> Substring {
    var depth = 1
    let end = text.firstIndex { character in
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      return depth == 0
    }
    return end.map { text[..<$0] } ?? text
  }

  /// `"key":`, each once, in their order.
  private static func keys(in text: Substring) -> [String] {
    var found: [String] = []
    for range in text.ranges(of: "\":") {
      let key = text[..<range.lowerBound].reversed().prefix { $0.isLetter }.reversed()
      let name = String(key)
      if !name.isEmpty, !found.contains(name), text[..<range.lowerBound].dropLast(name.count).last == "\"" {
        found.append(name)
      }
    }
    return found
  }
}
