internal import Glibc

/// pgbouncer in front of a ``PostgresServer``, in transaction mode: each transaction may get another of few connections. It ends with
/// this object.
package final class PgBouncer: Sendable {
  private static let program = "/usr/sbin/pgbouncer"
  package static let isThere = access(program, X_OK) == 0

  private let life: Int32
  private let port = 6_432
  private let directory: String

  /// - Parameter connections: to the server, for each database.
  package init(_ server: PostgresServer, connections: Int) throws {
    directory = try server.makeDirectory("pgbouncer-\(UInt16.random(in: 0...UInt16.max))")
    let settings = """
      [databases]
      * = host=\(server.directory) port=\(server.port)
      [pgbouncer]
      listen_addr =
      listen_port = \(port)
      unix_socket_dir = \(directory)
      auth_type = any
      pool_mode = transaction
      default_pool_size = \(connections)
      server_reset_query_always = 1
      server_reset_query = DISCARD ALL
      logfile = \(directory)/log
      """
    try server.write(settings.replacing("* = host", with: "* = user=postgres host"), to: "\(directory)/ini")
    life = try server.keep([Self.program, "-q", "\(directory)/ini"])
    for _ in 0..<500 where access("\(directory)/.s.PGSQL.\(port)", F_OK) != 0 { poll(nil, 0, 10) }
  }

  deinit { close(life) }

  package func uri(_ database: String) -> String {
    "postgresql://postgres@/\(database)?host=\(directory)&port=\(port)"
  }
}
