internal import JSONSource
internal import Secrets

/// A service of AWS: requests are signed with a key.
protocol AWSDestination: Destination {
  /// In the signature and in hosts: `sqs`.
  static var service: String { get }
  var access: AWSAccess { get set }
  /// What the address of the topic or queue says; nil: nothing.
  ///
  /// - Parameter text: of a field whose references are looked up.
  func region(in text: String) -> String?
}

/// Who sends, and where.
struct AWSAccess: Sendable {
  var accessKey = ReferenceText.nowhere
  var secretKey = ReferenceText.nowhere
  var sessionToken: ReferenceText?
  /// Nil: what the address of the topic or queue says.
  var region: String?
  /// Nil: the service's own in the region.
  var endpoint: ReferenceText?
}

extension AWSDestination {
  static var keyFields: [Field<Self>] {
    [
      Field(
        "accessKey", .reference(as: .plain), to: \.access.accessKey, isRequired: true,
        example: #""${env:AWS_ACCESS_KEY_ID}""#, "The id of an access key."),
      Field(
        "secretKey", .secret, to: \.access.secretKey, isRequired: true, example: #""${env:AWS_SECRET_ACCESS_KEY}""#,
        "The secret of the access key."),
      Field(
        "sessionToken", .secret, to: \.access.sessionToken, example: #""${file:/run/secrets/aws-session-token}""#,
        "The session token of temporary credentials. A file that is written anew is read anew."),
    ]
  }

  static func placeFields(isRequired: Bool = false, _ region: String) -> [Field<Self>] {
    [
      Field("region", .filled, to: \.access.region, isRequired: isRequired, example: #""eu-central-1""#, region),
      Field(
        "endpoint", .url(as: .endpoint), to: \.access.endpoint,
        example: #""https://vpce-1a2b.\#(service).eu-central-1.vpce.amazonaws.com""#,
        "Another address of the service, such as a VPC endpoint's."),
    ]
  }

  /// - Parameters:
  ///   - field: that names the topic, queue or bus.
  ///   - value: with its references looked up; nil where that can't be.
  func checkRegion(_ object: ObjectReader, _ context: FieldContext, _ field: String, _ value: String?) {
    if let region = access.region, let node = object["region"] {
      guard !region.utf8.allSatisfy(Self.isOfRegion) else { return }
      context.diagnostics.error(
        at: node.range, "\(object.pathOf("region")) is no region: \(region.prefix(40).debugDescription)",
        hint: "regions look like eu-central-1")
    } else if let value, region(in: value) == nil, !context.diagnostics.isCut(object.node) {
      context.diagnostics.error(
        at: object.node.range.lowerBound..<object.node.range.lowerBound + 1,
        "\(object.path) needs \"region\", for \"\(field)\" doesn't say one", hint: "write one such as \"eu-central-1\"")
    }
  }

  private static func isOfRegion(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
  }

  /// - Parameter place: the topic, queue or bus.
  /// - Returns: what makes a request of a body and its type.
  func sign(_ secrets: ReferenceResolver, place: String) throws -> @Sendable ([UInt8], String) -> OutgoingRequest {
    let region = access.region ?? region(in: place) ?? "us-east-1"
    let signature = OutgoingSignature(
      accessKey: try secrets.text(access.accessKey, as: .plain),
      secretKey: try secrets.text(access.secretKey, as: .credential),
      sessionToken: try access.sessionToken.map { try secrets.text($0, as: .credential) }, region: region,
      service: Self.service)
    let own = "https://\(Self.service).\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
    let url = try access.endpoint.map { try secrets.text($0, as: .endpoint) } ?? own
    return { body, contentType in
      var request = OutgoingRequest(url.withPath("/"), body: body)
      request.contentType = contentType
      request.signature = signature
      return request
    }
  }

  func identity(of place: ReferenceText, _ secrets: SecretSource) -> [String] {
    [place.identity(secrets, as: .plain), access.region ?? "", access.endpoint?.source ?? ""]
  }
}

/// `arn:aws:sns:eu-central-1:123456789012:runs`.
struct ARN: Sendable {
  let service: String
  let region: String
  let resource: String

  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == "arn", !parts[3].isEmpty, !parts[5].isEmpty else { return nil }
    (service, region, resource) = (parts[2], parts[3], parts[5])
  }
}

/// What AWS takes in one message, with all that stands beside it.
enum AWSLimit {
  static let message = 262_144
}

extension OutgoingMessage {
  /// The body or the event, as a message of text: what is one text in JSON is that text.
  var awsText: String {
    let json = body ?? event
    if let text = try? JSONDocument(parsing: json).root.string {
      return TextLimit(max: AWSLimit.message, unit: .bytes, markup: .plain).fit(text)
    }
    return String(decoding: json.cut(to: AWSLimit.message), as: UTF8.self)
  }

  /// Of a queue or topic that keeps the order within a group and takes each id once.
  var groupID: String { run.isEmpty ? "vi-notify" : run }
}

extension AnswerTable {
  /// Errors of AWS (docs.aws.amazon.com, "Common Error Types" of each service): a word in JSON or XML, most of them beside 400.
  static let aws = AnswerTable(rowsOfAWS, otherwise: .webhook, named: "webhook", says: ["message", "Message"])

  static let rowsOfAWS: [Row] = [
    Row(
      statuses: [400...499], body: .phrase(["Throttl", "TooManyRequests", "RequestLimitExceeded"]),
      meaning: .repeatedLater(.rateLimited)),
    // New credentials may stand in the file already, and a clock may be set.
    Row(
      statuses: [400...499], body: .phrase(["ExpiredToken", "RequestExpired", "Signature expired"]),
      meaning: .repeated(.unauthorized)),
    Row(
      statuses: [400...499],
      body: .phrase(["QueueDoesNotExist", "NonExistentQueue", "ResourceNotFoundException", "<Code>NotFound</Code>"]),
      meaning: .stops),
    Row(
      statuses: [400...499],
      body: .phrase([
        "AccessDenied", "AuthorizationError", "InvalidClientTokenId", "UnrecognizedClient", "SignatureDoesNotMatch",
        "MissingAuthenticationToken", "IncompleteSignature",
      ]), meaning: .final(.unauthorized)),
  ]
}
