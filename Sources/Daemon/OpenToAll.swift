internal import Glibc

/// Whether everybody on the machine may change a file that decides what is done, or put another in its place: a rules file says
/// which programs run, a state which requests go out.
package enum OpenToAll {
  /// Completes a sentence about the file, with what to do; nil: not everybody may, or it can't be looked at.
  package static func fault(of path: String) -> String? {
    var (file, directory) = (stat(), stat())
    let above = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard stat(path, &file) == 0, stat(above, &directory) == 0 else { return nil }
    return fault(file: file.st_mode, directory: directory.st_mode, above)
  }

  /// - Parameters:
  ///   - directory: the mode of the directory that the file is in; `above`: its path.
  static func fault(file: mode_t, directory: mode_t, _ above: String) -> String? {
    if file & S_IFMT == S_IFREG, file & 0o002 != 0 {
      return "everybody on this machine may write to it; take that away with chmod o-w"
    }
    // In a sticky one, such as /tmp, only the owner of a file may rename it.
    guard directory & 0o002 != 0, directory & S_ISVTX == 0 else { return nil }
    return "everybody on this machine may put another in its place; take that away with chmod o-w \(above)"
  }
}
