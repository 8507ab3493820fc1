internal import FoundationEssentials
internal import Glibc

/// Provides the rules of a time zone by its name in the IANA database: `Asia/Singapore`.
///
/// This module answers two questions for quiet hours and daily digests: what a local clock shows at a moment, and at which
/// moment it shows a time. Names flow in, ``ZoneRules`` flow out. It reads TZif files itself, because Foundation's time zones
/// need ICU, 39 MB of data. It doesn't format times, knows no locales, and never uses the machine's own zone.
///
/// Files are foreign input: their counts are checked before anything is allocated, and a bad file is an error, never UTC.
///
/// Begin reading here, then ``ZoneRules`` (a file's content), then `PosixZone` (the years after the file's last change).
package struct ZoneSource: Sendable {
  package let zone: @Sendable (_ name: String) throws(ZoneError) -> ZoneRules
  /// All names that exist, for hints.
  package let names: @Sendable () -> [String]

  package init(
    zone: @escaping @Sendable (_ name: String) throws(ZoneError) -> ZoneRules, names: @escaping @Sendable () -> [String]
  ) {
    self.zone = zone
    self.names = names
  }

  /// The files of the machine, `$TZDIR` before `/usr/share/zoneinfo`. A zone is read once and kept.
  package static let system = files(in: [
    getenv("TZDIR").map { String(cString: $0) } ?? "", "/usr/share/zoneinfo",
  ])

  /// Knows only UTC, which needs no file.
  package static let none = files(in: [])

  /// TZif files in the first of these directories that has any; empty paths are ignored.
  package static func files(in directories: [String]) -> ZoneSource {
    let directories = directories.filter { !$0.isEmpty }
    return ZoneSource(
      zone: { name throws(ZoneError) in
        guard isName(name) else { throw .noName(name) }
        return name == "UTC" ? .utc : try read(name, in: directories)
      },
      names: { ["UTC"] + directories.flatMap(zoneNames(in:)).sorted() })
  }

  /// Segments of letters, digits, `_`, `+` and `-`, separated by `/`: such a name can't leave the directory or mislead in a
  /// message.
  private static func isName(_ name: String) -> Bool {
    let isPlain = name.utf8.allSatisfy { byte in
      byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
        || "_+-/".utf8.contains(byte)
    }
    return isPlain && name.utf8.count <= 100
      && !name.split(separator: "/", omittingEmptySubsequences: false).contains("")
  }

  private static func read(_ name: String, in directories: [String]) throws(ZoneError) -> ZoneRules {
    for directory in directories {
      guard let bytes = try content(of: "\(directory)/\(name)") else { continue }
      do throws(ZoneFormatError) {
        return try ZoneRules(tzif: bytes)
      } catch {
        throw .unreadable("\(directory)/\(name)", error.description)
      }
    }
    guard directories.contains(where: { access($0, F_OK) == 0 }) else { throw .noData(name) }
    throw .unknown(name)
  }

  /// Nil if the file doesn't exist.
  private static func content(of path: String) throws(ZoneError) -> [UInt8]? {
    guard let file = fopen(path, "re") else {
      if [ENOENT, ENOTDIR].contains(errno) { return nil }
      throw .unreadable(path, String(cString: strerror(errno)))
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: ZoneError.fileLimit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    // A directory, such as `Asia`, can be opened but not read.
    guard ferror(file) == 0 else {
      if errno == EISDIR { return nil }
      throw .unreadable(path, String(cString: strerror(errno)))
    }
    guard count <= ZoneError.fileLimit else { throw .unreadable(path, "it is larger than 1 MiB") }
    return Array(bytes[..<count])
  }

  /// Names start with a capital letter and have up to three segments: `America/Argentina/Ushuaia`. Limited to 2,000, so that a
  /// wrong `$TZDIR` costs little.
  private static func zoneNames(in directory: String) -> [String] {
    var (names, pending) = ([String](), [""])
    while let folder = pending.popLast(), names.count < 2_000 {
      for entry in (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(folder)")) ?? [] {
        let name = folder.isEmpty ? entry : "\(folder)/\(entry)"
        guard isName(name), entry.utf8.first.map({ $0 < UInt8(ascii: "a") }) == true else { continue }
        var isFolder = false
        guard FileManager.default.fileExists(atPath: "\(directory)/\(name)", isDirectory: &isFolder) else { continue }
        if !isFolder { names.append(name) } else if name.split(separator: "/").count < 3 { pending.append(name) }
      }
    }
    return names
  }
}

/// A time zone that can't be loaded. `description` is a clause.
package enum ZoneError: Error, Sendable, Equatable, CustomStringConvertible {
  case noName(String)
  case unknown(String)
  /// The machine has no time zone database.
  case noData(String)
  /// A path, and the reason.
  case unreadable(String, String)

  static let fileLimit = 1 << 20

  package var description: String {
    switch self {
    case .noName(let name): "\(name.prefix(60).debugDescription) isn't the name of a time zone"
    case .unknown(let name): "unknown time zone \(name.debugDescription)"
    case .noData(let name): "the time zone \(name) can't be looked up: this machine has no time zone database"
    case .unreadable(let path, let why): "the time zone file \(path) can't be read: \(why)"
    }
  }
}
