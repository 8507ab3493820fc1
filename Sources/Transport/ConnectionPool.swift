import CCurl

/// Connections that were opened under the same ``ConnectionSettings``, and the handles that use them. Belongs to the thread.
///
/// libcurl would share connections between all handles of a multi handle, and compare only some of what they depend on: not the
/// key of a certificate, nor who refuses which address. So each combination has a share object with connections of its own. The
/// combinations are those that a rules file names, so they are few and are kept until the client is closed.
final class ConnectionPool {
  /// Making a handle takes longer than all the settings of a request; an idle one takes some 20 kB.
  private static let maxIdle = 32

  let settings: ConnectionSettings
  private let caFile: String?
  private let share: UnsafeMutableRawPointer
  private var idle: [EasyHandle] = []

  /// - Parameter caFile: the client's, for settings without one.
  init(_ settings: ConnectionSettings, caFile: String?) throws(TransportError) {
    guard let share = curl_share_init() else { throw .outOfMemory }
    self.settings = settings
    self.caFile = caFile
    self.share = share
    guard ccurl_share_connections(share) == CURLSHE_OK else { throw .outOfMemory }
  }

  /// All handles have to be back, or gone, by then.
  deinit {
    idle = []
    curl_share_cleanup(share)
  }

  func take() throws(TransportError) -> EasyHandle {
    if let handle = idle.popLast() { return handle }
    let handle = try EasyHandle()
    try handle.setConnection(settings, caFile: caFile)
    try check(ccurl_set_share(handle.raw, share))
    return handle
  }

  /// Takes back a handle that no multi handle knows any more.
  func giveBack(_ handle: EasyHandle) {
    if idle.count < Self.maxIdle { idle.append(handle) }
  }
}
