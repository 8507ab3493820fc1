import CCurl

/// Connections that were opened under the same ``ConnectionSettings``, and the handles that use them. Only the thread uses it.
///
/// By default libcurl shares connections between all handles of a multi handle, and compares only some of their settings: not
/// the key of a certificate, nor the callback that refuses addresses. So each combination has its own share object. The rules
/// file names these combinations, so they are few, and they are kept until the client is closed.
final class ConnectionPool {
  let settings: ConnectionSettings
  /// Creating a handle takes longer than applying a request's settings, and ends come in bunches: as many are kept as can be under
  /// way to one host. An idle handle takes about 20 kB.
  private let maxIdle: Int
  private let caFile: String?
  private let share: UnsafeMutableRawPointer
  private var idle: [EasyHandle] = []

  /// - Parameter caFile: the client's, used if the settings name none.
  init(_ settings: ConnectionSettings, caFile: String?, maxIdle: Int) throws(TransportError) {
    guard let share = curl_share_init() else { throw .outOfMemory }
    self.maxIdle = maxIdle
    self.settings = settings
    self.caFile = caFile
    self.share = share
    guard ccurl_share_connections(share) == CURLSHE_OK else { throw .outOfMemory }
  }

  /// All handles must be returned or freed by then.
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

  /// Takes back a handle that has been removed from its multi handle.
  func giveBack(_ handle: EasyHandle) {
    if idle.count < maxIdle { idle.append(handle) }
  }
}
