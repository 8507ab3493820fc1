import FoundationEssentials
import Glibc

/// One that has ended and that nobody has asked after yet does not run.
func isRunning(_ process: pid_t) -> Bool {
  guard let status = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return false }
  return !String(decoding: status, as: UTF8.self).contains(") Z ")
}
