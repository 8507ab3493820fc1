import FoundationEssentials
import Testing

/// The files that README sends a newcomer to.
@Suite struct TourTests {
  @Test func `the five files of the tour are under 900 lines`() throws {
    let readme = try String(contentsOf: repository.appending(path: "README.md"), encoding: .utf8)
    let tour = try #require(readme.firstRange(of: "tell the whole story:")).upperBound
    let end = try #require(readme.firstRange(of: "From there:")).lowerBound
    let paths = readme[tour..<end].split(separator: "](").dropFirst().map { $0.prefix { $0 != ")" } }
    #expect(paths.count == 5)
    let lines = try paths.map { path in
      try String(contentsOf: repository.appending(path: String(path)), encoding: .utf8).count { $0 == "\n" }
    }
    #expect(lines.reduce(0, +) < 900, "\(zip(paths, lines).map { "\($0): \($1)" })")
  }
}
