import Storage
import Stores
import TestSupport
import Testing

@testable import PostgresStorage

/// What keeps a state from being opened, in words that say what to do and hold no secret.
@Suite(.needsPostgres, .timeLimit(.minutes(6))) struct RefusalTests {
  private func words(_ uri: String, for use: StateUse = .watching) -> String {
    refusal(uri, for: use).map { "\($0)" } ?? "it was opened"
  }

  @Test(arguments: [
    "postgresql://me:s3cret@127.0.0.1:1/x", "postgresql://me@127.0.0.1:1/x?password=s3cret",
    "postgresql://me:s3c%72et@127.0.0.1:1/x", "postgresql://me:s3cret@127.0.0.1:1/x?connect_timeout=s3cret%",
    "postgresql://me:s3cret@[127.0.0.1:1/x", "postgresql://me:s3cret@127.0.0.1:x/x",
    "postgresql://me:s3cret@127.0.0.1:1/x?s3cret=1", "host=127.0.0.1 port=1 password=s3cret", "password=s3cret service",
    "postgres://me:s3cret@127.0.0.1:1/x?sslpassword=s3cret",
  ])
  func `no password is in any word about it`(uri: String) {
    let words = words(uri, for: .reading)
    #expect(!words.contains("s3cret") && !words.contains("s3c%72et"), "\(words)")
    #expect(words.contains("postgresql://"))
    if let target = try? PostgresTarget(uri) { #expect(!target.name.contains("s3c"), "\(target.name)") }
  }

  @Test(arguments: [
    ("postgresql://me:s3cret@db.example:5433/vi", "postgresql://me@db.example:5433/vi"),
    ("postgres://db.example/vi?user=m%40e&password=x&sslmode=verify-full", "postgresql://m%40e@db.example/vi"),
    ("postgresql:///vi?host=/run/pg&port=1", "postgresql:///vi?host=/run/pg&port=1"),
    ("postgresql://%2Frun%2Fpg/vi", "postgresql:///vi?host=/run/pg"),
    ("postgresql://a:1,b:2/vi", "postgresql:///vi?host=a,b&port=1,2"),
    ("host=/run/pg port=1 dbname='a b' password=x", "postgresql:///a%20b?host=/run/pg&port=1"),
    ("service=vi password=x", "postgresql:///?service=vi"), ("postgresql:///?service=vi", "postgresql:///?service=vi"),
    ("postgresql://[::1]:7/x", "postgresql://[::1]:7/x"),
  ])
  func `a state is named without what may be secret, and the name leads there again`(uri: String, name: String) throws {
    #expect(try PostgresTarget(uri).name == name)
    #expect(try PostgresTarget(name).name == name)
  }

  @Test func `a server that isn't there, and a database that isn't, are errors at once with what to do`() throws {
    let server = try PostgresServer.shared.get()
    let none = words("postgresql://me:s3cret@/x?host=/nowhere", for: .leavingWord)
    #expect(none.contains("/nowhere/.s.PGSQL.5432") && none.contains("start the server"), "\(none)")
    let database = words(server.uri("nothing"), for: .reading)
    #expect(database.contains("database \"nothing\" does not exist"), "\(database)")
    let role = words(server.uri(user: "nobody_here"), for: .reading)
    #expect(role.contains("role \"nobody_here\" does not exist"), "\(role)")
  }

  @Test func `keywords of libpq's name a state as well as a URI does`() async throws {
    let database = try TestDatabase()
    let server = database.server
    let keywords = "host=\(server.directory) port=\(server.port) user=postgres dbname=\(database.name)"
    let store = try StateStores.open(keywords, for: .watching)
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m"))
    #expect(store.name == (try PostgresTarget(database.uri).name))
    let look = try StateStores.open(database.uri, for: .reading)
    defer { look.close() }
    #expect(try await look.counts().pending == 1)
  }

  @Test func `a role needs no right but that to a schema of its own`() async throws {
    let database = try TestDatabase()
    let role = "small_\(database.name)"
    try database.psql("CREATE ROLE \(role) LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC")
    let uri = database.server.uri(database.name, user: role)
    let words = words(uri)
    #expect(words.contains("GRANT CREATE ON DATABASE"), "\(words)")
    try database.psql("CREATE SCHEMA vi_notify AUTHORIZATION \(role)")
    let store = try StateStores.open(uri, for: .watching)
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m"))
    #expect(try await store.counts().pending == 1)
    let other = try TestDatabase()
    try other.psql("GRANT CREATE ON DATABASE \(other.name) TO \(role)")
    #expect(refusal(other.server.uri(other.name, user: role)) == nil)
    let owner = try other.psql(
      "SELECT r.rolname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'vi_notify'")
    #expect(owner == "\(role)\n")
  }

  @Test func `a role whose commits may be lost is refused`() throws {
    let database = try TestDatabase()
    try database.psql(
      "CREATE ROLE hasty_\(database.name) LOGIN SUPERUSER; ALTER ROLE hasty_\(database.name) SET synchronous_commit = off"
    )
    let words = words(database.server.uri(database.name, user: "hasty_\(database.name)"))
    #expect(words.contains("synchronous_commit"), "\(words)")
  }

  @Test func `a database that can't hold every text is refused`() throws {
    let database = try TestDatabase()
    try database.server.psql("CREATE DATABASE latin_\(database.name) ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    let words = words(database.server.uri("latin_\(database.name)"))
    #expect(words.contains("LATIN1") && words.contains("ENCODING 'UTF8'"), "\(words)")
  }

  @Test func `a standby is refused to who wants to write, and shows what is in it`() async throws {
    let server = try PostgresServer(["fsync=off"])
    try StateStores.open(server.uri(), for: .watching).close()
    try server.stop("fast")
    try server.write("", to: "\(server.directory)/data/standby.signal")
    try server.start()
    let words = words(server.uri(), for: .leavingWord)
    #expect(words.contains("standby") || words.contains("read-only"), "\(words)")
    let store = try StateStores.open(server.uri(), for: .reading)
    defer { store.close() }
    #expect(try await store.counts() == DeliveryCounts())
  }

  @Test func `a row that no version can have written is named, and not guessed`() async throws {
    let database = try TestDatabase()
    let store = try database.watch()
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m1"))
    try database.psql("UPDATE vi_notify.deliveries SET lane = 'x'")
    #expect(
      await storageError { _ = try await store.deliveries(DeliveryFilter()) }
        == .unreadable(state: store.name, row: "deliveries m1", column: "lane"))
    try database.psql("UPDATE vi_notify.deliveries SET lane = NULL, rule = U&'\\E000x'")
    #expect(
      await storageError { _ = try await store.deliveries(DeliveryFilter()) }
        == .unreadable(state: store.name, row: "deliveries m1", column: "rule"))
  }
}
