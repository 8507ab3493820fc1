package import Rules
package import Transport

/// What one attempt sends, ready for the sender of its kind.
package enum PreparedMessage: Sendable {
  case http(HTTPRequest)
  case append(FileLine)
  case mail(MailRequest, Preview)
  case publish(Publication)
}

extension PreparedMessage {
  /// The same for people's eyes, whatever kind it is: as a method, an address, headers and a body. Not redacted.
  package struct Preview: Sendable {
    package let method: String
    package let url: String
    package var headers: [(name: String, value: String)] = []
    package let body: [UInt8]
  }

  package var preview: Preview {
    switch self {
    case .http(let request):
      Preview(method: request.method, url: request.url, headers: request.headers, body: request.body ?? [])
    case .mail(_, let preview): preview
    case .publish(let made):
      Preview(
        method: "PUBLISH", url: "\(made.server)/\(made.topic)",
        headers: [("Content-Type", made.contentType ?? ""), ("webhook-id", made.id)], body: made.payload)
    case .append(let line): Preview(method: "APPEND", url: "file://\(line.path)", body: line.text)
    }
  }
}
