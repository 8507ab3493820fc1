import FoundationEssentials
import Testing

/// The rooms from the top of the house to its foundation, and what each may import beside the system's own modules.
/// SwiftPM lets a target import what only its dependencies depend on; this test does not.
private let house: [(room: String, imports: Set<String>)] = [
  (
    "vi-notify",
    [
      "Daemon", "StatusPort", "Simulator", "Watching", "Delivery", "Stores", "Storage", "Models", "ViAPI", "Rules",
      "Runs",
      "Transport", "Secrets", "JSONSource", "Locking", "WireTime", "ArgumentParser", "Logging",
    ]
  ),
  (
    "vi-notify-bench",
    [
      "Simulator", "Watching", "Delivery", "Hooks", "Stores", "Storage", "Models", "ViAPI", "Rules", "EventPatterns",
      "Runs", "Transport", "Secrets", "JSONSource", "Locking", "Telemetry", "CCurl", "CPostgres", "CProcess",
      "TestSupport",
      "GRDB", "GRDBSQLite", "Logging",
    ]
  ),
  ("vi-notify-fuzz", ["Storage", "Rules", "Runs", "Transport", "Secrets", "JSONSource", "WireTime"]),
  (
    "Daemon",
    [
      "StatusPort", "HTTPServing", "Watching", "Delivery", "Hooks", "Stores", "Storage", "Models", "ViAPI", "Rules",
      "Runs", "Transport", "Secrets", "Tracing",
      "HTTPSyntax", "JSONSource", "Locking", "Telemetry", "Logging", "ServiceLifecycle", "UnixSignals",
    ]
  ),
  (
    "StatusPort",
    ["HTTPServing", "Storage", "Telemetry", "Runs", "JSONSource", "Notation", "Locking", "Crypto"]
  ),
  ("HTTPServing", ["Runs", "Locking", "FlyingSocks"]),
  ("Simulator", ["JSONSource", "Locking", "CDisk", "FlyingFox", "FlyingSocks"]),
  (
    "Watching",
    [
      "Rules", "Runs", "Storage", "ViAPI", "Transport", "Secrets", "JSONSource", "Locking", "WireTime", "Telemetry",
      "Tracing", "Logging",
    ]
  ),
  (
    "Delivery",
    [
      "Hooks", "Rules", "Runs", "Storage", "Models", "ViAPI", "Transport", "Secrets", "JSONSource", "Locking",
      "WireTime", "Notation", "Telemetry", "Tracing", "HTTPSyntax", "Logging", "Crypto",
    ]
  ),
  ("Hooks", ["Secrets", "Locking", "CProcess"]),
  ("Stores", ["PostgresStorage", "SQLiteStorage", "Storage"]),
  ("PostgresStorage", ["Storage", "Runs", "JSONSource", "Locking", "CPostgres"]),
  ("SQLiteStorage", ["Storage", "Runs", "JSONSource", "Locking", "CDisk", "GRDB", "GRDBSQLite"]),
  (
    "Models",
    [
      "ViAPI", "Runs", "Transport", "Secrets", "JSONSource", "Locking", "WireTime", "Notation", "CArchive", "CDisk",
      "Crypto",
    ]
  ),
  ("ViAPI", ["Runs", "Transport", "Secrets", "JSONSource", "Locking", "WireTime", "Notation"]),
  (
    "Rules",
    [
      "Storage", "EventPatterns", "TimeZones", "Runs", "Secrets", "HTTPSyntax", "JSONSource", "Notation", "Mustache",
      "Crypto",
    ]
  ),
  (
    "Tracing",
    ["Storage", "Telemetry", "Runs", "Transport", "HTTPSyntax", "JSONSource", "Locking", "WireTime", "Logging"]
  ),
  ("Storage", ["Runs", "JSONSource", "Notation", "Locking", "Crypto"]),
  ("EventPatterns", ["JSONSource", "Notation"]),
  ("TimeZones", ["Runs"]),
  ("Telemetry", ["Runs", "Locking"]),
  ("Runs", ["JSONSource", "WireTime", "Notation", "Crypto"]),
  ("Transport", ["HTTPSyntax", "CCurl", "CMosquitto", "CNats", "Locking", "WireTime", "Notation"]),
  ("Secrets", ["Locking"]),
  ("HTTPSyntax", ["CCurl"]),
  ("JSONSource", []),
  ("Notation", []),
  ("Locking", []),
  ("WireTime", []),
  ("CCurl", []),
  ("CArchive", []),
  ("CMosquitto", []),
  ("CNats", []),
  ("CPostgres", []),
  ("CDisk", []),
  ("CProcess", []),
]

/// Foundation in full brings ICU along, and FoundationNetworking a second HTTP client: neither is on the list.
private let system: Set<String> = ["Glibc", "Dispatch", "FoundationEssentials", "Synchronization"]

@Suite struct LayeringTests {
  @Test func `every room imports only what its place in the house allows`() throws {
    var found = 0
    for (room, allowed) in house {
      for (file, module) in try imports(of: room) {
        found += 1
        #expect(allowed.union(system).contains(module), "\(file) imports \(module)")
      }
    }
    #expect(found > 100)
  }

  @Test func `arrows point only downwards`() {
    let rooms = house.map(\.room)
    for (index, room) in house.enumerated() {
      let above = room.imports.intersection(rooms[...index])
      #expect(above.isEmpty, "\(room.room) may import \(above)")
    }
  }

  @Test func `every folder of sources is a room of this house`() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: repository.appending(path: "Sources").path)
    // What a build runs, and no program holds, stands beside the house.
    #expect(Set(folders) == Set(house.map(\.room) + ["CommitStamp"]))
  }

  @Test func `nothing is more widely open than the package`() throws {
    for (room, _) in house {
      for file in try files(of: room) {
        let text = try String(contentsOf: file, encoding: .utf8)
        let lines = text.split(separator: "\n").filter { $0.drop { $0 == " " }.hasPrefix("public ") }
        #expect(lines.isEmpty, "\(file.lastPathComponent)")
      }
    }
  }

  /// On Linux they have the threads that all tasks share, one for each core: what blocks or computes there holds up everything.
  /// A queue of one's own has a thread of its own, unless it is concurrent or stands above a global one.
  @Test func `nothing works on Dispatch's global queues`() throws {
    for (room, _) in house {
      for file in try files(of: room) {
        let text = try String(contentsOf: file, encoding: .utf8)
        for shared in ["global().async {", "global().sync", "target: .global", "attributes: .concurrent"] {
          #expect(!text.contains(shared), "\(file.lastPathComponent)")
        }
      }
    }
  }

  private func files(of room: String) throws -> [URL] {
    let folder = repository.appending(path: "Sources/\(room)")
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return names.filter { $0.hasSuffix(".swift") }.map { folder.appending(path: $0) }
  }

  /// File and module of each import: `package import Runs`, `@preconcurrency import Dispatch`.
  private func imports(of room: String) throws -> [(file: String, module: String)] {
    try files(of: room).flatMap { file in
      try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: "import"), words[..<index].allSatisfy(isModifier),
          index + 1 < words.count
        else { return nil }
        return (file.lastPathComponent, String(words[index + 1]))
      }
    }
  }

  private func isModifier(_ word: Substring) -> Bool {
    ["package", "internal", "private", "fileprivate", "@preconcurrency", "@testable"].contains(word)
  }
}
