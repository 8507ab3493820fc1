import FoundationEssentials
import Glibc
import Rules
import TestSupport
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(2))) struct FileSenderTests {
  private let scratch: ScratchDirectory
  private let sender = FileSender()
  private var path: String { scratch.path + "/events.jsonl" }

  init() throws { scratch = try ScratchDirectory() }

  private func attempt(_ text: String, at path: String? = nil, timeout: Duration = .seconds(30)) async -> AttemptResult
  {
    await sender.attempt(FileLine(path: path ?? self.path, text: Array(text.utf8)), timeout: timeout)
  }

  private var content: String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? "no file"
  }

  private func write(_ text: String, at path: String? = nil) throws {
    try Data(text.utf8).write(to: URL(filePath: path ?? self.path))
  }

  @Test func `each message is a line at the end, in a file that only we can read`() async throws {
    #expect(await attempt(#"{"n":1}"#).outcome == .delivered)
    #expect(await attempt(#"{"n":2}"#).outcome == .delivered)
    #expect(content == "{\"n\":1}\n{\"n\":2}\n")
    var state = stat()
    try #require(stat(path, &state) == 0)
    #expect(state.st_mode & 0o777 == 0o600)
  }

  @Test func `a line that was cut off before gets its end first`() async throws {
    try write("{\"n\":1}\n{\"half\":")
    #expect(await attempt(#"{"n":2}"#).outcome == .delivered)
    #expect(content == "{\"n\":1}\n{\"half\":\n{\"n\":2}\n")
  }

  @Test(.enabled(if: SmallDisk.isAllowed)) func `a full disk leaves no part of a line, and is tried again`()
    async throws
  {
    let disk = try SmallDisk(at: scratch.path)
    #expect(await attempt("first").outcome == .delivered)
    try disk.fill()
    let long = String(repeating: "x", count: 600_000)
    let result = await attempt(long)
    #expect(result.outcome == .retry(.diskFailed, after: nil))
    #expect(result.detail == "\(path) can't be written: No space left on device")
    #expect(content == "first\n")
    disk.free()
    #expect(await attempt(long).outcome == .delivered)
    #expect(content == "first\n\(long)\n")
  }

  @Test func `what is no file is refused, with what it is`() async throws {
    let pipe = scratch.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    for (path, kind) in [(scratch.path, "a directory"), (pipe, "a pipe"), ("/dev/null", "a device")] {
      let result = await attempt("x", at: path)
      #expect(result.outcome == .rejected(.notConfigured))
      #expect(result.detail == "\(path) is \(kind) and no file: give the destination another path")
    }
  }

  @Test func `a directory that isn't there yet is waited for`() async throws {
    let result = await attempt("x", at: scratch.path + "/later/events.jsonl")
    #expect(result.outcome == .retry(.diskFailed, after: nil))
    #expect(result.detail.hasSuffix("can't be written: No such file or directory"))
  }

  @Test func `a file that another program has locked is tried again`() async throws {
    try write("")
    let other = open(path, O_RDWR | O_CLOEXEC)
    defer { close(other) }
    try #require(flock(other, LOCK_EX) == 0)
    let result = await attempt("x", timeout: .milliseconds(20))
    #expect(result.outcome == .retry(.diskFailed, after: nil))
    #expect(result.detail == "\(path) is locked by another program")
    #expect(content == "")
    flock(other, LOCK_UN)
    #expect(await attempt("x").outcome == .delivered)
  }

  @Test func `whoever is stopped while it waits for the lock isn't held up`() async throws {
    try write("")
    let other = open(path, O_RDWR | O_CLOEXEC)
    defer { close(other) }
    try #require(flock(other, LOCK_EX) == 0)
    let waiting = Task { await attempt("x") }
    waiting.cancel()
    #expect(await waiting.value.outcome == .interrupted)
    #expect(content == "")
  }

  @Test func `lines of many writers stay whole`() async throws {
    let (one, other) = (FileSender(), FileSender())
    let path = path
    await withTaskGroup(of: Outcome.self) { group in
      for number in 0..<100 {
        let line = FileLine(path: path, text: Array("\(number) \(String(repeating: "y", count: 20_000))".utf8))
        group.addTask { await (number % 2 == 0 ? one : other).attempt(line, timeout: .seconds(60)).outcome }
      }
      for await outcome in group { #expect(outcome == .delivered) }
    }
    let lines = content.split(separator: "\n")
    #expect(Set(lines.map { $0.prefix { $0 != " " } }) == Set((0..<100).map { "\($0)"[...] }))
    #expect(lines.allSatisfy { $0.hasSuffix(String(repeating: "y", count: 20_000)) })
  }

  @Test func `a log that is moved away is followed by a new one`() async throws {
    #expect(await attempt("old").outcome == .delivered)
    try #require(rename(path, path + ".1") == 0)
    #expect(await attempt("new").outcome == .delivered)
    #expect(content == "new\n")
  }
}
