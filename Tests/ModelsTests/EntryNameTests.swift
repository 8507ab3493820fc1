import Testing

@testable import Models

@Suite struct EntryNameTests {
  @Test func `names that lead into the folder are taken, by their parts`() {
    #expect(EntryName("model_full/run.json")?.parts == ["model_full", "run.json"])
    #expect(EntryName("./model_full//run.json")?.parts == ["model_full", "run.json"])
    #expect(EntryName("model_full/")?.parts == ["model_full"])
    #expect(EntryName("./")?.parts == [])
    #expect(EntryName("...")?.parts == ["..."])
    #expect(EntryName("weights é.bin")?.parts == ["weights é.bin"])
  }

  @Test(arguments: [
    "", "/etc/passwd", "//x", "..", "../x", "a/../x", "a/..", "a\u{0}b", "a\nb", "a\u{1B}[2Jb", "a\\b", "a\u{FFFD}",
    String(repeating: "a/", count: 17), String(repeating: "a", count: 256), String(repeating: "abcdefgh/", count: 114),
  ]) func `names that may lead elsewhere, or harm who reads them, are refused`(_ name: String) {
    #expect(EntryName(name) == nil)
  }

  @Test func `a name in a message is one line that moves no cursor`() {
    #expect(printable(name: "a\u{1B}[2Jb\nc\u{202E}d") == "a?[2Jb?c?d")
    #expect(printable(name: "") == "(no name)")
    #expect(printable(name: String(repeating: "x", count: 500)).count == 120)
  }
}
