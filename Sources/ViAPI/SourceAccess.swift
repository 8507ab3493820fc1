internal import Locking
package import Secrets

/// Where the API is, and who we are there.
package struct SourceAccess: Sendable, Equatable {
  /// Without a slash at its end.
  package let endpoint: String
  package let organization: String
  package let secretKey: Secret

  package init(endpoint: String, organization: String, secretKey: Secret) {
    self.endpoint = String(endpoint.reversed().drop { $0 == "/" }.reversed())
    self.organization = organization
    self.secretKey = secretKey
  }
}

/// Looks the access up whenever it is used: files are replaced while we run. Where that fails, the last one is used, for who
/// replaces a file may be halfway.
final class AccessMemory: Sendable {
  private struct State {
    var last: SourceAccess
    /// Why the last look failed, a clause; nil when it did not.
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

  /// Why the last look failed, a clause; nil when it did not.
  var fault: String? { state.withLock(\.fault) }
}
