import JSONSource

/// An answer of the simulator, before it becomes HTTP.
package struct Answer: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// A part of a model archive, generated while it is sent.
    case archive(Archive, Range<Int>)

    package var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .archive(_, let range): range.count
      }
    }
  }

  /// How the answer is sent.
  package enum Manner: Sendable {
    case whole
    /// Never: the connection stays open and silent until the simulator stops.
    case hang
    /// The connection is closed without a byte.
    case reset
    /// The connection is closed after half of the body that Content-Length announces.
    case cutShort
    /// The body trickles: twenty parts, a quarter of a second between them.
    case slow
  }

  package var status: Int
  package var headers: [String: String]
  package var body: Body
  package var manner = Manner.whole
  /// Milliseconds of real time before the first byte.
  package var delay: Int64 = 0

  package init(_ status: Int, headers: [String: String] = [:], body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The body, if it is held in memory; empty for an archive.
  package var bytes: [UInt8] {
    if case .bytes(let bytes) = body { bytes } else { [] }
  }

  static func json(_ bytes: [UInt8], status: Int = 200) -> Answer {
    Answer(status, headers: ["Content-Type": "application/json; charset=utf-8"], body: .bytes(bytes))
  }

  static func text(_ text: String, status: Int = 200) -> Answer {
    Answer(status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
  }

  /// An error in the vendor's format: `error` is the SDK's code for the status, `message` is for people.
  static func refusal(_ status: Int, _ message: String) -> Answer {
    let code =
      switch status {
      case 400: "ValidationFailed"
      case 401: "AuthenticationFailed"
      case 403: "PermissionDenied"
      case 404: "ResourceNotFound"
      case 409: "ResourceConflict"
      case 429: "RateLimitExceeded"
      default: "OperationFailed"
      }
    return json(
      JSONWriter.object {
        $0.member("error", code)
        $0.member("message", message)
      }, status: status)
  }
}
