/// The kind of a request to the simulator; scenarios use the raw value in faults.
package enum RequestKind: String, Sendable, CaseIterable {
  case list, get, put, patch, delete, simpleRuns, logs, outputs, file
  /// A path below `/workspaces` that the API doesn't have.
  case other
  /// Not the API: a request to `/inbox/…`.
  case inbox
}

/// A request as it arrived.
package struct ReceivedRequest: Sendable {
  /// Unix milliseconds, by the simulator's clock.
  package let time: Int64
  /// In upper case.
  package let method: String
  /// As sent: percent-encoded, without the query.
  package let path: String
  /// As sent: percent-encoded, without the question mark.
  package let rawQuery: String
  /// Names in lower case; of repeated headers the last.
  package let headers: [String: String]
  package let body: [UInt8]

  package init(
    time: Int64, method: String, target: String, headers: [String: String] = [:], body: [UInt8] = []
  ) {
    self.time = time
    self.method = method.uppercased()
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts.first ?? "/")
    rawQuery = parts.count > 1 ? String(parts[1]) : ""
    self.headers = Dictionary(headers.map { ($0.lowercased(), $1) }, uniquingKeysWith: { $1 })
    self.body = body
  }

  /// The segments of the path, percent-decoded, without empty ones.
  package var segments: [String] {
    path.split(separator: "/").map { percentDecoded($0, plusIsSpace: false) }
  }

  /// The members of the query, decoded like a form: `+` means a space.
  ///
  /// A second question mark counts as `&`: the vendor's SDK (0.1.0b7) asks for `outputs?intent=sdkLocalDeploy?p=…&s=10`.
  package var query: [String: String] {
    let pairs = rawQuery.split { $0 == "&" || $0 == "?" }.map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = sides.count > 1 ? percentDecoded(sides[1], plusIsSpace: true) : ""
      return (percentDecoded(sides[0], plusIsSpace: true), value)
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
  }

  package var text: String { String(decoding: body, as: UTF8.self) }
}

/// Decodes percent-encoding; a `%` without two hexadecimal digits stays unchanged.
func percentDecoded(_ text: Substring, plusIsSpace: Bool) -> String {
  let bytes = Array(text.utf8)
  var decoded: [UInt8] = []
  var position = 0
  while position < bytes.count {
    let byte = bytes[position]
    if byte == UInt8(ascii: "%"), position + 2 < bytes.count,
      let value = UInt8(String(decoding: bytes[position + 1...position + 2], as: UTF8.self), radix: 16)
    {
      decoded.append(value)
      position += 3
    } else {
      decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      position += 1
    }
  }
  return String(decoding: decoded, as: UTF8.self)
}
