import Daemon
import Glibc

/// Requirements that are checked before anything else runs.
enum Surroundings {
  /// Without `/proc`, Swift's library finds no arguments, and libdispatch traps as soon as it inspects its threads. So this runs
  /// first, and doesn't use the console, which has threads.
  static func check() {
    guard access("/proc/self/stat", R_OK) != 0 else { return }
    let text = """
      vi-notify: error: there is no /proc here, and nothing can run without it; mount it (mount -t proc proc /proc), or start \
      the container in a way that has it

      """
    let bytes = Array(text.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
    _exit(ExitStatus.badConfiguration.rawValue)
  }
}
