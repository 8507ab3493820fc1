import Glibc

/// The processes of this machine, as `/proc` has them: some milliseconds on a machine with a thousand. Where there is no `/proc`
/// there are none.
enum ProcessTable {
  struct Entry {
    let process: pid_t
    let parent: pid_t
    let group: pid_t
    /// Dead, and not reaped yet.
    let hasEnded: Bool
  }

  static func contains(where isMeant: (Entry) -> Bool) -> Bool {
    var isFound = false
    look { entry in
      isFound = isMeant(entry)
      return !isFound
    }
    return isFound
  }

  /// - Parameter body: false ends the look.
  static func look(_ body: (Entry) -> Bool) {
    guard let directory = opendir("/proc") else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let process = pid_t(name), let entry = self.entry(of: process) else { continue }
      if !body(entry) { return }
    }
  }

  /// `/proc/PID/stat` is `pid (name) state parent group …`, and the name may itself hold blanks and parentheses.
  private static func entry(of process: pid_t) -> Entry? {
    let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let line = [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
      count = max(0, read(file, buffer.baseAddress, buffer.count))
    }
    guard let nameEnd = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = line[(nameEnd + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 3)
    guard fields.count > 2, let state = fields[0].first, let parent = pid_t(String(decoding: fields[1], as: UTF8.self)),
      let group = pid_t(String(decoding: fields[2], as: UTF8.self))
    else { return nil }
    return Entry(
      process: process, parent: parent, group: group,
      hasEnded: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"))
  }
}
