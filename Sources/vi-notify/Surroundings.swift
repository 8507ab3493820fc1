import Daemon
import Glibc

/// What must be there before anything of ours can run.
enum Surroundings {
  /// Without `/proc` Swift's library finds no arguments, and libdispatch ends the process with a trap as soon as it looks how its
  /// threads are doing: so nothing is begun then, and the console, which has threads, is not used.
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
