internal import Runs
internal import Secrets

extension Shape where Target == CommonSettings {
  /// What every destination has.
  static let common = Shape(
    says: "",
    fields: [
      Field(
        "timeout", .duration(.milliseconds(100)...(.seconds(600))), to: \.timeout, default: #""15s""#,
        example: #""30s""#, "Time for one attempt, 100ms to 10m."),
      Field(
        "retryFor", .duration(.zero...(.seconds(30 * 86_400))), to: \.retryFor, default: #""72h""#, example: #""24h""#,
        "Time from the event to the last attempt, up to 30d."),
      Field(
        "concurrency", .integer(1...64), to: \.concurrency, default: "4", example: "1", "Attempts at once, 1 to 64."),
      Field(
        "rateLimit", .rateLimit, to: \.rateLimit, example: #"{"count": 10, "per": "1s"}"#,
        "At most so many messages in such a time. Without it, what the service allows."),
      Field(
        "quiet", .quiet, to: \.quiet, example: #"{"from": "22:00", "to": "07:00"}"#,
        "Hours in which messages wait."),
    ])
}

extension Shape where Target == HTTPSettings {
  /// What every destination has that is reached over HTTP.
  static let http = Shape(
    says: "",
    fields: [
      Field(
        "headers", .headers, to: \.headers, example: #"{"Authorization": "Bearer ${env:TOKEN}"}"#,
        "Headers of your own; values may hold references."),
      Field(
        "ca", .path, to: \.ca, example: #""/etc/ssl/internal-ca.pem""#,
        "PEM file of the only authorities to trust."),
      Field(
        "clientCertificate", .path, to: \.clientCertificate, example: #""/etc/vi-notify/client.pem""#,
        "PEM file, for a server that asks for a certificate. Needs `clientKey`."),
      Field(
        "clientKey", .path, to: \.clientKey, example: #""/etc/vi-notify/client.key""#,
        "PEM file with the certificate's key, without a passphrase."),
      Field(
        "http2", .bool, to: \.allowsHTTP2, default: "false", example: "true",
        "HTTP/2 over TLS, if the server has it."),
      Field(
        "allowPrivate", .bool, to: \.allowsPrivate, default: "true", example: "false",
        "false: only addresses of the internet, none of this machine or a private network."),
    ],
    beside: [
      "dependentRequired": .json(#"{"clientCertificate": ["clientKey"], "clientKey": ["clientCertificate"]}"#)
    ])
}
