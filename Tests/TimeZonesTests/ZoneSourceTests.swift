import FoundationEssentials
import Runs
import TestSupport
import Testing

@testable import TimeZones

struct ZoneSourceTests {
  private func write(_ bytes: [UInt8], _ name: String, in scratch: borrowing ScratchDirectory) throws {
    let url = URL(filePath: "\(scratch.path)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  @Test func `a zone is the file of its name, in the first directory that has it`() throws {
    let (first, second) = (try ScratchDirectory(), try ScratchDirectory())
    try write(ZoneFile(footer: "<+08>-8").bytes, "Asia/Singapore", in: second)
    try write(ZoneFile(footer: "<+05>-5").bytes, "Test", in: first)
    try write(ZoneFile(footer: "<+06>-6").bytes, "Test", in: second)
    let source = ZoneSource.files(in: ["", first.path, second.path])
    #expect(try source.zone("Asia/Singapore").seconds(at: "2026-01-01T00:00:00Z") == 28_800)
    #expect(try source.zone("Test").seconds(at: "2026-01-01T00:00:00Z") == 18_000)
    #expect(throws: ZoneError.unknown("Asia")) { try source.zone("Asia") }
    #expect(throws: ZoneError.unknown("Test/Deep")) { try source.zone("Test/Deep") }
  }

  @Test func `UTC needs no file, and everything else needs some directory`() throws {
    #expect(try ZoneSource.none.zone("UTC") == .utc)
    #expect(throws: ZoneError.noData("Asia/Singapore")) { try ZoneSource.none.zone("Asia/Singapore") }
    let source = ZoneSource.files(in: ["/nonexistent/zones"])
    #expect(throws: ZoneError.noData("Asia/Singapore")) { try source.zone("Asia/Singapore") }
    #expect(source.names() == ["UTC"])
  }

  @Test(arguments: [
    "", "/", "/etc/passwd", "..", "../x", "Asia/../../x", "Asia//Singapore", "Asia/", "./Asia", "a.b", "a b", "a\nb",
    "a\0b",
    "Zürich", "~", String(repeating: "x", count: 101),
  ])
  func `a name that could lead elsewhere is none`(name: String) throws {
    let scratch = try ScratchDirectory()
    try write(ZoneFile().bytes, "Asia/Singapore", in: scratch)
    #expect(throws: ZoneError.noName(name)) { try ZoneSource.files(in: [scratch.path]).zone(name) }
  }

  @Test func `a file that is too large or of another kind is told with its path`() throws {
    let scratch = try ScratchDirectory()
    let whole = ZoneFile(footer: "UTC0").bytes
    try write(whole + [UInt8](repeating: 0x20, count: (1 << 20) - whole.count), "Largest", in: scratch)
    try write(whole + [UInt8](repeating: 0x20, count: (1 << 20) - whole.count + 1), "Larger", in: scratch)
    try write(Array("hello".utf8), "Hello", in: scratch)
    let source = ZoneSource.files(in: [scratch.path])
    #expect(try source.zone("Largest").seconds(at: "2026-01-01T00:00:00Z") == 0)
    let larger = ZoneError.unreadable("\(scratch.path)/Larger", "it is larger than 1 MiB")
    #expect(throws: larger) { try source.zone("Larger") }
    let hello = ZoneError.unreadable("\(scratch.path)/Hello", "it isn't a time zone file")
    #expect(throws: hello) { try source.zone("Hello") }
    #expect(hello.description == "the time zone file \(scratch.path)/Hello can't be read: it isn't a time zone file")
  }

  @Test func `the names for hints are those of zones, and not of the files beside them`() throws {
    let scratch = try ScratchDirectory()
    for name in [
      "Asia/Singapore", "America/Argentina/Ushuaia", "GMT", "zone.tab", "posix/Asia/Tokyo", "right/UTC", "A/B/C/D",
    ] {
      try write([], name, in: scratch)
    }
    #expect(
      ZoneSource.files(in: [scratch.path]).names() == ["UTC", "America/Argentina/Ushuaia", "Asia/Singapore", "GMT"])
  }

  private static let hasZones = FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Asia/Singapore")

  @Test(.enabled(if: hasZones, "needs a time zone database"))
  func `the machine's own zones are read`() throws {
    let source = ZoneSource.files(in: ["/usr/share/zoneinfo"])
    #expect(try source.zone("Asia/Singapore").utc(2026, 11, 23, 22, 0) == "2026-11-23T14:00:00.000Z")
    let newYork = try source.zone("America/New_York")
    #expect(newYork.utc(2026, 3, 8, 2, 30) == "2026-03-08T07:00:00.000Z")
    #expect(newYork.utc(2026, 11, 1, 1, 30) == "2026-11-01T05:30:00.000Z")
    let names = source.names()
    #expect(names.count > 300)
    for name in names where name != "Factory" { _ = try source.zone(name) }
  }
}
