/// A mail for one recipient, as a server is to take it (RFC 5321). ``HTTPClient/send(_:)-(MailRequest)`` finds mistakes in it
/// before a byte is sent.
package struct MailRequest: Sendable {
  /// `smtp://host:port`, or `smtps://host:port` for TLS from the first byte.
  package var server: String
  /// The address to which the server reports what it can't deliver.
  package var sender: String
  package var recipient: String
  /// Header and body (RFC 5322), every line ended by CR LF. Dots at the beginning of a line are doubled on the way.
  package var content: [UInt8]
  /// Nil: the server wants to know nobody.
  package var account: Account?
  /// Over `smtp://`: TLS by STARTTLS, or no mail. False: no TLS.
  package var requiresTLS = true
  /// From `send` to the server's answer to the content.
  package var timeout: Duration = .seconds(30)
  /// Name lookup and TCP together.
  package var connectTimeout: Duration = .seconds(10)
  /// As in ``HTTPRequest``.
  package var caFile: String?
  package var clientCertificate: ClientCertificate?
  package var egress = Egress.anywhere
  package var fairnessKey = ""

  package struct Account: Sendable {
    package let user: String
    package let password: String

    package init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  package init(server: String, sender: String, recipient: String, content: [UInt8]) {
    self.server = server
    self.sender = sender
    self.recipient = recipient
    self.content = content
  }

  /// The schemes of ``server``, with their ports.
  package static let ports = ["smtp": 25, "smtps": 465]
}

/// The server's last reply: whether it took the mail, or why not.
package struct MailReply: Sendable {
  /// 200 to 599 (RFC 5321, section 4.2).
  package let code: Int
  /// With a line break between lines, without the code before each.
  package let text: String
}
