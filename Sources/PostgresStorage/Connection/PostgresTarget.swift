internal import CPostgres
internal import Storage

/// Where a state is: what the user typed, read by libpq itself.
struct PostgresTarget: Sendable {
  /// Without a password or anything that could hold one: user, host, port, database, service. It leads to the same state again.
  let name: String
  private let typed: String
  private let settings: [String: String]

  /// Throws `unusable` without libpq, and when libpq can't read it.
  init(_ typed: String) throws(StorageError) {
    if let why = cpostgres_load() {
      throw .unusable(state: "postgresql://…", why: "can't be opened: \(String(cString: why))")
    }
    guard let found = cpostgres_settings(typed) else {
      throw .unusable(
        state: "postgresql://…",
        why:
          "is none that libpq can read; write it as postgresql://USER@HOST:PORT/DATABASE, with %XX for special characters"
      )
    }
    defer { cpostgres_free_settings(found) }
    var settings: [String: String] = [:]
    var next = found
    while let keyword = next.pointee.keyword {
      if let value = next.pointee.value { settings[String(cString: keyword)] = String(cString: value) }
      next += 1
    }
    (self.typed, self.settings) = (typed, settings)
    name = Self.name(settings)
  }

  private static func name(_ settings: [String: String]) -> String {
    let user = settings["user"].map { "\(escaped($0))@" } ?? ""
    let host = settings["host"] ?? settings["hostaddr"] ?? ""
    // A directory of sockets, or several hosts with ports of their own, stand more readable behind the question mark.
    let isPlain = !host.hasPrefix("/") && !host.contains(",")
    var query: [String] = []
    if !isPlain { query.append("host=\(escaped(host))") }
    let port = settings["port"] ?? ""
    if !isPlain || host.isEmpty, !port.isEmpty { query.append("port=\(escaped(port))") }
    if let service = settings["service"] { query.append("service=\(escaped(service))") }
    let shown = host.contains(":") ? "[\(host)]" : escaped(host)
    let place = isPlain && !host.isEmpty ? shown + (port.isEmpty ? "" : ":\(port)") : ""
    let database = settings["dbname"].map { "/\(escaped($0))" } ?? "/"
    return "postgresql://\(user)\(place)\(database)" + (query.isEmpty ? "" : "?\(query.joined(separator: "&"))")
  }

  /// For a URI, with what is harmless there left readable.
  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        String(UnicodeScalar(byte))
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ","):
        String(UnicodeScalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }.joined()
  }

  /// For `cpostgres_start`, in an order in which the user's words come before our defaults, and what we rely on comes last.
  ///
  /// - Parameter writes: only a server that lets us write will do, where several are named.
  func keywords(writes: Bool) -> [(String, String)] {
    var list = [
      ("fallback_application_name", "vi-notify"), ("keepalives_idle", "30"),
      ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
    ]
    if writes { list.append(("target_session_attrs", "read-write")) }
    return list + [("dbname", typed), ("client_encoding", "UTF8")]
  }

  /// Without the password, should somebody's words repeat it.
  func redacted(_ words: String) -> String {
    guard let password = settings["password"], !password.isEmpty else { return words }
    return words.replacing(password, with: "•••")
  }
}
