/// Which role an attempt has been given.
enum AttemptRole: Sendable, Equatable {
  case regular, probe
}
