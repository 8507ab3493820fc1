/// What a rules file meets on the machine on which it is checked. Looking there is for the rooms above; here it becomes warnings.
package struct Machine: Sendable {
  package enum Home: Sendable, Equatable {
    /// `HOME` is set.
    case known
    case missing
    /// Nobody looked.
    case unknown
  }

  /// What `~` could stand for.
  package let home: Home
  /// Why a program can't be started from a working directory (nil: from ours), as a clause; nil: it can.
  let whyProgramFails: @Sendable (_ program: String, _ directory: String?) -> String?
  /// Why nothing can be started in a directory.
  let whyDirectoryFails: @Sendable (_ path: String) -> String?
  /// The address that a URL names and no request may reach.
  let forbiddenAddress: @Sendable (_ url: String, _ allowsPrivate: Bool) -> String?

  package init(
    home: Home, whyProgramFails: @escaping @Sendable (String, String?) -> String?,
    whyDirectoryFails: @escaping @Sendable (String) -> String?,
    forbiddenAddress: @escaping @Sendable (String, Bool) -> String?
  ) {
    self.home = home
    self.whyProgramFails = whyProgramFails
    self.whyDirectoryFails = whyDirectoryFails
    self.forbiddenAddress = forbiddenAddress
  }

  /// Everything is there.
  package static let unknown = Machine(
    home: .unknown, whyProgramFails: { _, _ in nil }, whyDirectoryFails: { _ in nil }, forbiddenAddress: { _, _ in nil }
  )
}
