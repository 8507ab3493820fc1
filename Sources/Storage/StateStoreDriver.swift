/// What a state is opened for.
package enum StateUse: Sendable, Equatable {
  /// To watch with it: it is made where there is none, brought up to date where an earlier version has written it, and kept from
  /// every other watcher until it is closed.
  case watching
  /// To work with it beside others, where a store lets several share one state; else as `watching`.
  ///
  /// - Parameter worker: the machine, by a name that the next process on it has, too; empty: the host's.
  case sharing(Set<Role>, worker: String, version: String)
  /// To look into it, beside a watcher that may be running. Nothing in it changes; what an earlier version has written is read
  /// all the same.
  case reading
  /// To leave word for the watcher, who may be running. What an earlier version has written is brought up to date first.
  case leavingWord
  /// To copy it elsewhere: as ``reading``, and kept from every watcher until it is closed.
  case copying
}

/// A kind of store, and how one of them is opened.
package protocol StateStoreDriver: SendableMetatype {
  /// Whether several processes may work with one state.
  static var letsShare: Bool { get }

  /// - Parameters:
  ///   - name: what the user typed.
  ///   - onWait: is called, on a thread that waits, when something keeps a write or a read waiting for longer than some
  ///     seconds, and when that is over.
  /// - Throws: `held` when another process watches with it, `missing` when there is none to read, `older` when it would have to
  ///   be brought up to date under a watcher, `newer`, and whatever else keeps it from being opened.
  static func open(
    _ name: String, for use: StateUse, onWait: @escaping @Sendable (StateWait) -> Void
  ) throws(StorageError) -> any StateTables
}
