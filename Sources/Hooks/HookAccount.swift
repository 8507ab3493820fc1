import Glibc

/// Whom a hook runs as: `name` or `name:group`, each also as a number. Without a group it is the user's own, with all those
/// that the user is a member of; with one it is that alone besides them.
struct HookAccount: Equatable {
  /// As in the rules file.
  let text: String
  let user: uid_t
  let group: gid_t
  let groups: [gid_t]
  /// Nil for a number that the system knows no user of.
  let name: String?
  let home: String?

  /// - Throws: what must be repaired before a hook can run as that user.
  init(_ text: String) throws(HookStartFailure) {
    guard geteuid() == 0 else { throw .userNeedsRoot(text) }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let entry = try Self.entry(parts[0])
    guard let user = entry?.user ?? uid_t(parts[0]), user != .max else { throw .userUnknown(parts[0]) }
    let named = parts.count > 1 ? try Self.group(parts[1]) : nil
    guard let group = named ?? entry?.group else { throw .groupMissing(text) }
    self.text = text
    self.user = user
    self.group = group
    groups = entry.map { Self.groups(of: $0.name, and: group) } ?? [group]
    (name, home) = (entry?.name, entry?.home)
  }

  /// What a program expects to find; a number without a name has no more than a directory.
  var environment: [String: String] {
    guard let name else { return ["HOME": "/"] }
    return ["HOME": home ?? "/", "USER": name, "LOGNAME": name]
  }

  private typealias Entry = (name: String, user: uid_t, group: gid_t, home: String)

  /// Nil: the system knows neither such a name nor, for a number, such a user.
  private static func entry(_ text: String) throws(HookStartFailure) -> Entry? {
    guard !text.isEmpty, !text.utf8.contains(0) else { return nil }
    let named = try lookUp { entry, buffer, size, found in
      getpwnam_r(text, entry, buffer, size, found)
    } reading: { (entry: passwd) in
      read(entry)
    }
    guard named == nil, let number = uid_t(text) else { return named }
    return try lookUp { entry, buffer, size, found in
      getpwuid_r(number, entry, buffer, size, found)
    } reading: { (entry: passwd) in
      read(entry)
    }
  }

  private static func read(_ entry: passwd) -> Entry? {
    guard let name = entry.pw_name, let home = entry.pw_dir else { return nil }
    return (String(cString: name), entry.pw_uid, entry.pw_gid, String(cString: home))
  }

  private static func group(_ text: String) throws(HookStartFailure) -> gid_t {
    guard !text.isEmpty, !text.utf8.contains(0) else { throw .groupUnknown(text) }
    let named = try lookUp { entry, buffer, size, found in
      getgrnam_r(text, entry, buffer, size, found)
    } reading: { (entry: Glibc.group) in
      entry.gr_gid
    }
    guard let group = named ?? gid_t(text), group != .max else { throw .groupUnknown(text) }
    return group
  }

  private static func groups(of name: String, and group: gid_t) -> [gid_t] {
    var count: Int32 = 64
    while true {
      var groups = [gid_t](repeating: 0, count: Int(count))
      if getgrouplist(name, group, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
      // Then it has said how many there are.
      if count <= groups.count { return [group] }
    }
  }

  private typealias Question<Found> = (
    _ entry: UnsafeMutablePointer<Found>, _ buffer: UnsafeMutablePointer<CChar>, _ size: Int,
    _ found: UnsafeMutablePointer<UnsafeMutablePointer<Found>?>
  ) -> Int32

  /// Asks with an ever larger buffer until the answer fits.
  private static func lookUp<Found, Value>(
    _ ask: Question<Found>, reading: (Found) -> Value?
  ) throws(HookStartFailure) -> Value? {
    let entry = UnsafeMutablePointer<Found>.allocate(capacity: 1)
    defer { entry.deallocate() }
    var size = 1024
    while size <= 1 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      var found: UnsafeMutablePointer<Found>?
      let code = ask(entry, buffer, size, &found)
      if let found { return reading(found.pointee) }
      // What different directories of users say of a name they don't know (getpwnam_r(3)).
      if [0, ENOENT, ESRCH, EBADF, EPERM].contains(code) { return nil }
      guard code == ERANGE || code == EINTR else { throw .system(errno: code) }
      if code == ERANGE { size *= 4 }
    }
    throw .system(errno: ERANGE)
  }
}
