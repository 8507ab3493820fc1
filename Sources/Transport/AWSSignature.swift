/// Has a request signed as AWS asks for it (Signature Version 4). libcurl computes the signature over the headers, the query in
/// the order in which it stands in the URL (it must be sorted by name), and the body.
package struct AWSSignature: Sendable {
  package let accessKey: String
  package let secretKey: String
  /// Of temporary credentials.
  package let sessionToken: String?
  /// Such as `eu-central-1`.
  package let region: String
  /// Such as `sqs`.
  package let service: String

  package init(accessKey: String, secretKey: String, sessionToken: String?, region: String, service: String) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.region = region
    self.service = service
  }

  /// As `CURLOPT_AWS_SIGV4` takes it.
  var parameters: String { "aws:amz:\(region):\(service)" }
}
