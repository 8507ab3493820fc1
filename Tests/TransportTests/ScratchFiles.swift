import FoundationEssentials
import TestSupport

extension ScratchDirectory {
  /// - Returns: the path of the new file.
  func write(_ name: String, _ text: String) throws -> String {
    let file = "\(path)/\(name)"
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    return file
  }
}
