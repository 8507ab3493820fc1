internal import JSONSource
internal import Notation

/// An event in CloudEvents' binary mode: the data is the body, everything else stands in headers (CloudEvents 1.0,
/// `bindings/http-protocol-binding.md`, sections 3.1.1 to 3.1.3).
struct CloudEventsBinary {
  let headers: [(name: String, value: String)]
  let body: [UInt8]

  /// - Parameter event: in structured mode, JSON. Nil when it is no event.
  init?(_ event: [UInt8]) {
    guard let document = try? JSONDocument(parsing: event), let members = document.root.members,
      let data = document.root["data"]
    else { return nil }
    body = Array(document.raw(data))
    headers = members.compactMap { member in
      // `datacontenttype` is the header Content-Type, and must not be there a second time.
      guard !["data", "datacontenttype"].contains(member.key), let value = member.value.string else { return nil }
      return ("ce-\(member.key)", Self.percentEncoded(value))
    }
  }

  /// Space, quotation mark, percent sign, and everything outside U+0021 to U+007E, as UTF-8.
  static func percentEncoded(_ text: String) -> String {
    PercentEncoding.encode(text) { byte in
      (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "%")
    }
  }
}
