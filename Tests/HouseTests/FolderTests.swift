import FoundationEssentials
import Testing

/// The folders of a large room from the top to the bottom: what stands in one may name only what stands in it or below.
/// The compiler sees one module; this test sees the folders.
private let folders: [(room: String, fromTheTop: [String])] = [
  (
    "Rules",
    ["Planning", "File", "Settings", "Actions", "Destinations", "Patterns", "Fields", "Templates", "Words"]
  )
]

@Suite struct FolderTests {
  @Test(arguments: folders.map(\.room))
  func `arrows between the folders of a room point only downwards`(room: String) throws {
    let order = folders.first { $0.room == room }?.fromTheTop ?? []
    let sources = try sources(of: room)
    #expect(Set(sources.map(\.folder)) == Set(order))
    var home: [Substring: String] = [:]
    for source in sources {
      for name in source.declaredTypes { home[name] = source.folder }
    }
    #expect(home.count > 100)
    for source in sources {
      let place = order.firstIndex(of: source.folder) ?? 0
      let above = source.words.filter { word in home[word].flatMap(order.firstIndex).map { $0 < place } ?? false }
      #expect(above.isEmpty, "\(source.folder)/\(source.name) names \(above.sorted())")
    }
  }

  private func sources(of room: String) throws -> [Source] {
    let folder = repository.appending(path: "Sources/\(room)")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
    return try paths.map { path in
      let parts = path.split(separator: "/").map(String.init)
      return Source(
        folder: parts.count > 1 ? parts[0] : "", name: parts.last ?? path,
        text: try String(contentsOf: folder.appending(path: path), encoding: .utf8))
    }
  }
}

/// A file of sources, as far as this test looks into it.
private struct Source {
  let folder: String
  let name: String
  let text: String

  /// Types at the outermost level that other files can see.
  var declaredTypes: [Substring] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let keyword = words.firstIndex(where: Self.keywords.contains), keyword + 1 < words.count,
        line.first != " ", words[..<keyword].allSatisfy(Self.modifiers.contains)
      else { return nil }
      return words[keyword + 1].prefix { $0.isLetter || $0.isNumber }
    }
  }

  private static let keywords: Set<Substring> = ["struct", "enum", "class", "protocol", "actor", "typealias"]
  private static let modifiers: Set<Substring> = ["package", "final", "indirect"]

  /// What can be a type in its code: words with a capital letter outside of comments, texts and members (`.Name`).
  var words: Set<Substring> {
    var found: Set<Substring> = []
    for line in text.split(separator: "\n") where !line.contains("import ") {
      for part in Self.code(line) {
        for word in part.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") })
        where word.first?.isUppercase == true {
          found.insert(word.prefix { $0 != "." })
        }
      }
    }
    return found
  }

  /// The parts of a line that are neither comment nor text.
  private static func code(_ line: Substring) -> [Substring] {
    let pieces = line.split(separator: "\"", omittingEmptySubsequences: false)
    var parts: [Substring] = []
    for (index, piece) in pieces.enumerated() where index.isMultiple(of: 2) {
      if let comment = piece.firstRange(of: "//") {
        parts.append(piece[..<comment.lowerBound])
        break
      }
      parts.append(piece)
    }
    return parts
  }
}
