internal import FoundationEssentials
package import Glibc

/// A directory of its own for one test, for its user alone; removed with its contents when the test has ended.
package final class ScratchDirectory: Sendable {
  package let path: String

  package struct Refused: Error {
    package let number: Int32
  }

  package init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/vi-notify-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Refused(number: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// - Returns: the path of the new file.
  @discardableResult
  package func write(_ bytes: some Sequence<UInt8>, to name: String, mode: mode_t = 0o600) throws -> String {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw Refused(number: errno) }
    defer { close(file) }
    let bytes = Array(bytes)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw Refused(number: errno) }
    return "\(path)/\(name)"
  }
}
