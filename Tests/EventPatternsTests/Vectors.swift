import Foundation
import JSONSource
import Testing

@testable import EventPatterns

/// A case labelled by running AWS's event-ruler: one pattern, one event.
struct Vector: Sendable, CustomTestStringConvertible {
  enum Label: Sendable, Equatable { case matches, fails, invalid }

  let id: String
  let pattern: String
  let event: String
  let label: Label

  var testDescription: String { "\(id) \(pattern.prefix(200)) on \(event.prefix(200))" }

  static func read(_ name: String) -> [Vector] {
    VectorFile.lines(name).map { line in
      let label: Label = line["expect"]?.bool.map { $0 ? .matches : .fails } ?? .invalid
      return Vector(
        id: line["id"]?.string ?? "", pattern: line["pattern"]?.string ?? "", event: line["event"]?.string ?? "",
        label: label)
    }
  }
}

/// Many patterns at once, and which of them match each event.
struct ManyVector: Sendable, CustomTestStringConvertible {
  let id: String
  let patterns: [String]
  let events: [String]
  let expected: [[Int]]

  var testDescription: String { id }

  static func read(_ name: String) -> [ManyVector] {
    VectorFile.lines(name).map { line in
      ManyVector(
        id: line["id"]?.string ?? "", patterns: (line["rules"]?.elements ?? []).compactMap(\.string),
        events: (line["events"]?.elements ?? []).compactMap(\.string),
        expected: (line["expect"]?.elements ?? []).map { ($0.elements ?? []).compactMap { $0.integer.map(Int.init) } })
    }
  }
}

enum VectorFile {
  /// The directory that VI_NOTIFY_CONFORMANCE names, else our copies.
  static var directory: String {
    if let named = ProcessInfo.processInfo.environment["VI_NOTIFY_CONFORMANCE"] { return named }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Vectors").path
  }

  static func lines(_ name: String) -> [JSONNode] {
    let text = (try? Data(contentsOf: URL(fileURLWithPath: directory).appendingPathComponent(name))) ?? Data()
    return text.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONDocument(parsing: Array($0)).root }
  }
}

extension EventPattern {
  /// Reads a pattern as event-ruler does, where the last of several equal keys counts.
  init(ruler text: String) throws {
    let document = try JSONDocument(parsing: Array(text.utf8))
    try self.init(document.root, dialect: .eventRuler)
  }

  init(_ text: String) throws {
    try self.init(try JSONDocument(parsing: Array(text.utf8)).root)
  }
}

extension PatternSet {
  init(texts: [String]) throws {
    try self.init(try texts.map { try EventPattern($0) })
  }

  func matches(_ event: String) throws -> [Int] {
    var matcher = makeMatcher()
    return try matcher.matches(event)
  }
}

extension PatternMatcher {
  mutating func matches(_ event: String) throws -> [Int] {
    // Exactly as large as the event, so that a read beyond its end is seen by the sanitizer.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: event.utf8.count, alignment: 1)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: event.utf8)
    return try matches(UnsafeRawBufferPointer(buffer))
  }
}
