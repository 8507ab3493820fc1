package import Secrets

/// A destination of a rules file.
package struct DestinationSettings: Sendable {
  package typealias Kind = DestinationType

  package let name: String
  /// Its type, with the settings that only this type has.
  let destination: any Destination
  package var common = CommonSettings()
  package var http = HTTPSettings()

  init(name: String, destination: any Destination) {
    self.name = name
    self.destination = destination
  }

  package var kind: DestinationType { DestinationType(type(of: destination)) }

  /// For whom a message can be: each gets a delivery of its own. Empty: there is one for all.
  package var recipients: [String] { destination.recipients.map(\.source) }

  /// How its messages can be edited and stand in threads; nil: neither.
  package var links: MessageLinks? { destination.hasLinks ? type(of: destination).links : nil }

  /// Looks every reference up and returns what makes the request of each attempt.
  ///
  /// - Throws: `SecretError`, `SigningKeyError`.
  package func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    try destination.requestMaker(secrets)
  }

  /// What makes this the same destination after a change of the rules file.
  package func identity(_ secrets: SecretSource) -> [String] { destination.identity(secrets) }
}

/// What every destination has.
package struct CommonSettings: Sendable {
  /// Of one attempt. 100 ms to 10 min.
  package var timeout: Duration = .seconds(15)
  /// From the event to the last attempt. Up to 30 d.
  package var retryFor: Duration = .seconds(72 * 3600)
  /// Attempts at once. 1 to 64.
  package var concurrency = 4
  /// Nil: as fast as `concurrency` allows.
  package var rateLimit: RateLimit?
  /// When it isn't to be disturbed; nil: it always may be.
  package var quiet: QuietHours?
}

/// What every destination has that is reached over HTTP. The texts are paths of PEM files.
package struct HTTPSettings: Sendable {
  package var headers: [Header] = []
  /// The only authorities to trust. Nil: the system's.
  package var ca: ReferenceText?
  /// For a server that asks who we are; both or none.
  package var clientCertificate: ReferenceText?
  package var clientKey: ReferenceText?
  /// Over TLS, where the server has it.
  package var allowsHTTP2 = false
  /// False: only addresses of the internet, none of this machine or a private network.
  package var allowsPrivate = true

  package struct Header: Sendable {
    package let name: String
    package let value: ReferenceText
  }
}
