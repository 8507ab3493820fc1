import FoundationEssentials
import TestSupport
import Testing

@testable import Models

@Suite struct JournalTests {
  private let subject = Journal.Subject(
    checkpoint: "ckpt_30", file: RemoteFile(total: 1_000, validator: "\"a\"", digest: .crc32c(7)), pieceSize: 100)

  private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

  @Test func `what was written is read again, also by another who goes on`() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/journal"
    try Journal.begin(path, subject).note([3, 1])
    try Journal.resume(path).note([4])
    let read = try #require(Journal.read(path))
    #expect(read.subject == subject)
    #expect(read.finished == [3, 1, 4])
  }

  @Test func `a new one forgets the old`() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/journal"
    try Journal.begin(path, subject).note([3])
    _ = try Journal.begin(path, subject)
    #expect(Journal.read(path)?.finished == [])
  }

  @Test func `cut off at any byte it never tells of a piece that is not there`() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/journal"
    try Journal.begin(path, subject).note([3, 12])
    let whole = try bytes(path)
    for length in 0...whole.count {
      try Data(whole[..<length]).write(to: URL(filePath: path))
      let finished = Journal.read(path)?.finished ?? []
      #expect([[], [3], [3, 12]].contains(finished), "cut at \(length)")
    }
  }

  @Test func `a line that was cut off does not swallow the next`() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/journal"
    try Journal.begin(path, subject).note([3, 12])
    try Data(bytes(path).dropLast(3)).write(to: URL(filePath: path))
    try Journal.resume(path).note([5])
    #expect(Journal.read(path)?.finished == [3, 5])
  }

  @Test(arguments: ["", "x\n", "{}\n", #"{"version":2,"checkpoint":"c","size":1,"pieceSize":1}"# + "\n"])
  func `one that can't be read is none`(_ text: String) throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/journal"
    try Data(text.utf8).write(to: URL(filePath: path))
    #expect(Journal.read(path) == nil)
    #expect(Journal.read(path + "-not") == nil)
  }
}
