import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Daemon

/// When a rules file counts as another one.
@Suite struct FileStampTests {
  @Test func `it is another one when it is written to, replaced, removed, or behind a link that was swapped`() throws {
    let scratch = try ScratchDirectory()
    let path = try scratch.write(Array("one".utf8), to: "rules.json")
    let first = try #require(FileStamp(path: path))
    #expect(FileStamp(path: path) == first)
    try scratch.write(Array("other".utf8), to: "rules.json")
    let second = try #require(FileStamp(path: path))
    #expect(second != first)
    try scratch.write(Array("other".utf8), to: "next")
    #expect(rename(scratch.path + "/next", path) == 0)
    let third = try #require(FileStamp(path: path))
    #expect(third != second)
    unlink(path)
    #expect(FileStamp(path: path) == nil)
  }

  @Test func `a link further up is followed`() throws {
    let scratch = try ScratchDirectory()
    for name in ["v1", "v2"] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/\(name)", withIntermediateDirectories: false)
      try scratch.write(Array("same".utf8), to: "\(name)/rules.json")
    }
    #expect(symlink("v1", scratch.path + "/..data") == 0)
    #expect(symlink("..data/rules.json", scratch.path + "/rules.json") == 0)
    let first = try #require(FileStamp(path: scratch.path + "/rules.json"))
    #expect(symlink("v2", scratch.path + "/next") == 0)
    #expect(rename(scratch.path + "/next", scratch.path + "/..data") == 0)
    #expect(FileStamp(path: scratch.path + "/rules.json") != first)
  }
}
