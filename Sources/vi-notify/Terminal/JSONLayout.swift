/// JSON laid out for a person's eyes: a member a line, two spaces a level. Numbers and strings stay as they are written.
enum JSONLayout {
  /// - Parameter json: valid; what isn't, comes out with its bytes in the same order all the same.
  static func lines(_ json: [UInt8]) -> [String] {
    var (lines, line, depth): ([String], [UInt8], Int) = ([], [], 0)
    var (isInString, isEscaped) = (false, false)
    func finish() {
      if line.contains(where: { $0 != UInt8(ascii: " ") }) { lines.append(String(decoding: line, as: UTF8.self)) }
      line = [UInt8](repeating: UInt8(ascii: " "), count: 2 * depth)
    }
    for byte in json {
      if isInString {
        line.append(byte)
        (isInString, isEscaped) = (isEscaped || byte != UInt8(ascii: "\""), !isEscaped && byte == UInt8(ascii: "\\"))
        continue
      }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        line.append(byte)
        depth += 1
        finish()
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth = max(0, depth - 1)
        // `{}` stays together.
        let isEmpty = line.allSatisfy { $0 == UInt8(ascii: " ") }
        if isEmpty, let last = lines.last, last.hasSuffix("{") || last.hasSuffix("[") {
          line = Array(lines.removeLast().utf8)
        } else {
          finish()
        }
        line.append(byte)
      case UInt8(ascii: ","):
        line.append(byte)
        finish()
      case UInt8(ascii: ":"): line += ": ".utf8
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): break
      default:
        line.append(byte)
        isInString = byte == UInt8(ascii: "\"")
      }
    }
    finish()
    return lines
  }
}
