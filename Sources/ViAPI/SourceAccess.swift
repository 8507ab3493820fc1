internal import Locking
package import Secrets

/// The API's address and our credentials.
package struct SourceAccess: Sendable, Equatable {
  /// Without a trailing slash.
  package let endpoint: String
  package let organization: String
  package let secretKey: Secret

  package init(endpoint: String, organization: String, secretKey: Secret) {
    self.endpoint = String(endpoint.reversed().drop { $0 == "/" }.reversed())
    self.organization = organization
    self.secretKey = secretKey
  }
}

/// Resolves the access on every use, because files are replaced while we run. If that fails, the last one is used: a
/// replacement may be half done.
final class AccessMemory: Sendable {
  private struct State {
    var last: SourceAccess
    /// Why the last resolution failed, as a clause; nil if it succeeded.
    var fault: String?
  }

  private let look: @Sendable () throws -> SourceAccess
  private let state: Locked<State>
  let redactor = Redactor()

  init(_ first: SourceAccess, _ look: @escaping @Sendable () throws -> SourceAccess) {
    self.look = look
    state = Locked(State(last: first))
    redactor.add(first.secretKey.revealed)
  }

  var current: SourceAccess {
    let found = Result { try look() }
    return state.withLock { state in
      switch found {
      case .success(let access):
        if access.secretKey != state.last.secretKey { redactor.add(access.secretKey.revealed) }
        state = State(last: access)
      case .failure(let error): state.fault = "\(error)"
      }
      return state.last
    }
  }

  /// Why the last resolution failed, as a clause; nil if it succeeded.
  var fault: String? { state.withLock(\.fault) }
}
