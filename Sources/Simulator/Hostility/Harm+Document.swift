import JSONSource

/// Faulty documents and pages.
extension Harm {
  func damageDocument(_ answer: inout WireAnswer, _ random: inout some RandomNumberGenerator) {
    guard answer.status == 200, case .bytes(let bytes) = answer.content else { return }
    switch self {
    case .halfJSON: answer.setContent(Array(bytes.prefix(bytes.count / 2)))
    case .otherJSON: answer.setContent(Array((Self.otherValues.randomElement(using: &random) ?? "").utf8))
    case .emptyPage: answer.setContent(Array(#"{"items":[],"nextPage":null,"prevPage":null}"#.utf8))
    default:
      guard let root = try? JSONDocument(parsing: bytes).root else { return }
      let items = (root["items"]?.elements ?? [root]).map(\.range)
      guard let item = items.randomElement(using: &random) else { return }
      switch self {
      case .shiftedPage: answer.setContent(shifted(bytes, items, &random))
      case .lostPage:
        let page = Array(bytes[...(items.last?.upperBound ?? 0)])
        answer.setContent(page + Array(#","nextPage":"AAAA+/=="}"#.utf8))
      default: answer.setContent(bytes[..<item.lowerBound] + damaged(bytes[item], &random) + bytes[item.upperBound...])
      }
    }
  }

  private static let otherValues = [
    "null", "[]", "{}", "7", "\"ok\"", #"{"items":{}}"#, #"{"items":[],"nextPage":3}"#, #"{"items":null}"#,
    #"{"error":"x"}"#, #"{"kind":"Run"}"#, "", "\u{FEFF}{}", "{\"items\":[1e400]", "\0",
  ]

  /// Omits the first or last run, as if the list moved while it is read, or repeats one.
  private func shifted(
    _ bytes: [UInt8], _ items: [Range<Int>], _ random: inout some RandomNumberGenerator
  ) -> [UInt8] {
    guard items.count > 1, let first = items.first, let last = items.last else { return bytes }
    let (kept, rest) =
      switch Int.random(in: 0..<3, using: &random) {
      case 0: (first.lowerBound, items[1].lowerBound)
      case 1: (items[items.count - 2].upperBound, last.upperBound)
      default: (items[1].lowerBound, first.lowerBound)
      }
    return Array(bytes[..<kept]) + bytes[rest...]
  }

  private func damaged(_ item: ArraySlice<UInt8>, _ random: inout some RandomNumberGenerator) -> [UInt8] {
    let extremes = [
      "1e400", "-1e400", "-9223372036854775808", "9223372036854775807", "1e18", "0.5", "-1", "253402300800000", "\"1\"",
    ]
    func extreme() -> String { extremes.randomElement(using: &random) ?? "0" }
    return switch self {
    case .hugeDocument:
      adding([UInt8](repeating: UInt8(ascii: "x"), count: 20_000_000), as: "\"", to: item)
    case .manyMembers: adding(Array(String(repeating: "0,", count: 100_000).utf8) + [0x30], as: "[", to: item)
    case .deepDocument:
      adding(
        Array(String(repeating: "[", count: 10_000).utf8) + [UInt8](repeating: UInt8(ascii: "]"), count: 10_000),
        as: "[", to: item)
    case .badText:
      replacing(
        "\"attributes\":{",
        with: Array("\"attributes\":{\"odd\":\"".utf8)
          + (Bool.random(using: &random) ? [0xFF, 0xC0, 0x80] : Array(#"\ud800"#.utf8))
          + Array("\",\"more\":\"\"".utf8), in: item)
    default:
      replacing(
        "\"timeCreated\":", with: Array("\"timeCreated\":\(extreme()),\"was\":".utf8),
        in: replacing("\"lastUpdated\":", with: Array("\"lastUpdated\":\(extreme()),\"before\":".utf8), in: item)[...])
    }
  }

  /// Adds a first member that no client knows.
  private func adding(_ value: [UInt8], as opening: Character, to item: ArraySlice<UInt8>) -> [UInt8] {
    let closing: Character = opening == "[" ? "]" : opening
    return Array("{\"padding\":\(opening)".utf8) + value + Array("\(closing),".utf8) + item.dropFirst()
  }

  private func replacing(_ text: String, with other: [UInt8], in item: ArraySlice<UInt8>) -> [UInt8] {
    let old = Array(text.utf8)
    guard let place = item.indices.first(where: { item[$0...].starts(with: old) }) else { return Array(item) }
    return item[..<place] + other + item[(place + old.count)...]
  }
}
