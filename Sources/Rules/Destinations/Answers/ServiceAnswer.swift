/// What a service answered, as an ``AnswerTable`` reads it.
package struct ServiceAnswer: Sendable {
  package let status: Int
  package let body: [UInt8]
  /// False: it broke off, or can't be decoded.
  package let isWhole: Bool

  package init(status: Int, body: [UInt8], isWhole: Bool = true) {
    self.status = status
    self.body = body
    self.isWhole = isWhole
  }
}

/// Why an attempt failed: a closed set of words, for rows and metric labels.
package enum FailureReason: String, Sendable, CaseIterable {
  case rateLimited
  case serverError
  case clientError
  case unauthorized
  case gone
  case redirected
  case timedOut
  case unreachable
  case tlsFailed
  /// The name leads to an address that the destination must not be at.
  case forbiddenAddress
  case badAnswer
  case hookFailed
  case hookSignalled
  case hookNotStarted
  case hookAskedLater
  /// The model's export isn't there yet.
  case notReady
  /// The model could not be downloaded, for now.
  case downloadFailed
  /// What was downloaded is no model, or none that may be unpacked.
  case badModel
  /// No room, or no right to write.
  case diskFailed
  /// The destination, or a secret of it, is not in the configuration any more.
  case notConfigured
  /// The message was made for another type of destination; nothing was sent.
  case wrongForm
}
