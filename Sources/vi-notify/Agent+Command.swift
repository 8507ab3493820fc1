import Glibc
import Storage

extension Agent {
  /// Whoever runs this process.
  static var thisCommand: Agent {
    let user = getuid()
    return Agent(.command, name: account(of: user) ?? "user \(user)", note: "process \(getpid())")
  }

  /// Nil: the system knows no such user, as in a container with a number of its own.
  private static func account(of user: uid_t) -> String? {
    var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
    var size = 1024
    while size <= 1 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      let code = getpwuid_r(user, &entry, buffer, size, &found)
      if code == 0 { return found?.pointee.pw_name.map { String(cString: $0) } }
      guard code == ERANGE || code == EINTR else { return nil }
      if code == ERANGE { size *= 4 }
    }
    return nil
  }
}
