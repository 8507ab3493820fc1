/// Why a file is not a time zone file. `description` is a clause about the file.
package enum ZoneFormatError: Error, Sendable, Equatable, CustomStringConvertible {
  case otherFormat
  case cutShort
  case contradiction
  case leapSeconds
  case future

  package var description: String {
    switch self {
    case .otherFormat: "it isn't a time zone file"
    case .cutShort: "it ends too early"
    case .contradiction: "its tables don't follow RFC 9636"
    case .leapSeconds: "it counts leap seconds, which system clocks don't"
    case .future: "its rule for the future can't be read"
    }
  }
}

extension ZoneRules {
  /// Reads a TZif file of any version. The 32-bit tables of version 1 are used only if there are no others.
  package init(tzif bytes: [UInt8]) throws(ZoneFormatError) {
    var reader = ZoneFileReader(rest: bytes[...])
    let header = try reader.header()
    guard header.isWide else {
      self = try reader.tables(header, width: 4)
      return
    }
    _ = try reader.take(header.size(width: 4))
    let past = try reader.tables(try reader.header(), width: 8)
    self.init(changes: past.changes, offsets: past.offsets, first: past.first, future: try reader.footer())
  }
}

/// Reads a TZif file from its beginning. All numbers are big-endian.
private struct ZoneFileReader {
  var rest: ArraySlice<UInt8>

  /// The six counts, in the order of RFC 9636, section 3.1.
  struct Header {
    /// Version 2 or later: 64-bit tables and a footer follow.
    let isWide: Bool
    let utFlags, standardFlags, leapSeconds, changes, types, letters: Int

    /// The size of the tables in bytes. Six 32-bit counts can't overflow it.
    func size(width: Int) -> Int {
      changes * (width + 1) + types * 6 + letters + leapSeconds * (width + 4) + standardFlags + utFlags
    }
  }

  mutating func header() throws(ZoneFormatError) -> Header {
    guard try take(4).elementsEqual("TZif".utf8) else { throw .otherFormat }
    let isWide = try integer(1) != 0
    _ = try take(15)
    return Header(
      isWide: isWide, utFlags: try count(), standardFlags: try count(), leapSeconds: try count(), changes: try count(),
      types: try count(), letters: try count())
  }

  mutating func tables(_ header: Header, width: Int) throws(ZoneFormatError) -> ZoneRules {
    guard header.leapSeconds == 0 else { throw .leapSeconds }
    // Check before allocating what the file claims to hold.
    guard header.size(width: width) <= rest.count else { throw .cutShort }
    var changes: [Int64] = []
    for _ in 0..<header.changes { changes.append(try integer(width)) }
    let indices = try take(header.changes)
    var types: [Int64] = []
    for _ in 0..<header.types {
      types.append(try integer(4))
      _ = try take(2)
    }
    _ = try take(header.letters + header.standardFlags + header.utFlags)
    guard let first = types.first, types.allSatisfy({ -25 * 3600 < $0 && $0 < ZoneRules.mostEast }),
      indices.allSatisfy({ $0 < types.count }), zip(changes, changes.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw .contradiction }
    return ZoneRules(changes: changes, offsets: indices.map { types[Int($0)] }, first: first, future: nil)
  }

  /// A POSIX TZ string between two line feeds. An empty one says nothing about the future.
  mutating func footer() throws(ZoneFormatError) -> PosixZone? {
    guard try integer(1) == 0x0A else { throw .contradiction }
    guard let end = rest.firstIndex(of: 0x0A) else { throw .cutShort }
    let text = rest[..<end]
    if text.isEmpty { return nil }
    guard let zone = PosixZone(tz: text) else { throw .future }
    return zone
  }

  mutating func take(_ count: Int) throws(ZoneFormatError) -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw .cutShort }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func count() throws(ZoneFormatError) -> Int {
    Int(try integer(4)) & 0xFFFF_FFFF
  }

  /// A two's complement integer of 1, 4 or 8 bytes.
  private mutating func integer(_ width: Int) throws(ZoneFormatError) -> Int64 {
    let unsigned = try take(width).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let unused = UInt64(64 - width * 8)
    return Int64(bitPattern: unsigned << unused) >> Int64(unused)
  }
}
