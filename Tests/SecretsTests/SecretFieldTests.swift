import Testing

@testable import Secrets

/// What is secret is said by the field, not by where a value came from.
struct SecretFieldTests {
  private static let all = [
    "TOKEN": "tok-1234567890", "STAGE": "production", "HOOK": "https://hub.example/failed",
    "BASE": "https://hub.example",
    "PASSWORD": "hunter2hunter2", "PEM": "-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\nshort\n-----END KEY-----",
    "BASIC": "dXNlcjpodW50ZXIyaHVudGVyMg==",
  ]

  private func shown(_ value: String, _ field: SecretField, in text: String) throws -> String {
    let source = SecretSource(environment: Self.all)
    _ = try source.resolve(ReferenceText(value), as: field)
    return source.redactor.redact(text)
  }

  @Test(
    arguments: [
      ("${env:TOKEN}", .credential, "key tok-1234567890", "key •••"),
      ("whsec_c2lnbmluZy1zZWNyZXQ", .credential, "c2lnbmluZy1zZWNyZXQ", "•••"),
      ("Bearer ${env:TOKEN}", .header(name: "Authorization"), "Bearer tok-1234567890", "Bearer •••"),
      ("Basic ${env:BASIC}", .header(name: "Authorization"), "hunter2hunter2 of user", "••• of user"),
      ("a=1; session=0123456789", .header(name: "Cookie"), "no session 0123456789", "no session •••"),
      ("literal-api-key", .header(name: "X-Api-Key"), "literal-api-key", "•••"),
      ("production", .header(name: "X-Stage"), "production", "production"),
      ("${env:TOKEN}", .header(name: "X-Stage"), "tok-1234567890", "•••"),
      ("${env:STAGE}", .variable(name: "STAGE"), "to production", "to production"),
      ("${env:TOKEN}", .variable(name: "HUB_TOKEN"), "tok-1234567890", "•••"),
      (
        "${env:PEM}", .variable(name: "DEPLOY_KEY"), "MC4CAQAwBQYDK2VwBCIEIJ short -----END KEY-----",
        "••• short -----END KEY-----"
      ),
      ("https://u:hunter2hunter2@db.example/x", .variable(name: "DATABASE"), "u, hunter2hunter2", "u, •••"),
      ("https://hub.example/in/T0aaaaaaaaaaaaaa1", .variable(name: "HUB"), "T0aaaaaaaaaaaaaa1", "•••"),
      (
        "https://chat.example/services/T0/B0/xyz", .chatURL, "POST https://chat.example/services/T0/B0/xyz: no",
        "POST https://chat.example•••: no"
      ),
      ("https://chat.example/services/T0/B0/xyz", .chatURL, "no such path: services/T0/B0/xyz", "no such path: •••"),
      ("${env:HOOK}", .url, "on failed: POST https://hub.example/failed", "on failed: POST https://hub.example•••"),
      ("https://hub.example/failed", .url, "POST https://hub.example/failed", "POST https://hub.example/failed"),
      ("https://hub.example/new-training-runs", .url, "at new-training-runs", "at new-training-runs"),
      ("https://hub.example/x?sig=abcdefgh&env=production", .url, "abcdefgh production", "••• production"),
      (
        "https://u:hunter2hunter2@api.example", .endpoint, "https://u:hunter2hunter2@api.example",
        "https://•••@api.example"
      ),
      ("${env:BASE}/org", .endpoint, "https://hub.example/org", "https://hub.example/org"),
      ("${env:STAGE}", .plain, "production", "production"),
    ] as [(String, SecretField, String, String)])
  func `a value is struck out by what its field is`(
    _ value: String, _ field: SecretField, _ text: String, _ wanted: String
  )
    throws
  {
    #expect(try shown(value, field, in: text) == wanted)
  }

  @Test(arguments: ["https://x.example", "https://x.example/", "https://x.example/abc", "no url", "", "://", "a://b@"])
  func `a URL without a path that could be one adds nothing`(url: String) {
    let redactor = Redactor()
    for secret in URLParts(url).secrets(wholePath: true) { redactor.add(secret) }
    #expect(redactor.redact("https://x.example/abc / : \(url)") == "https://x.example/abc / : \(url)")
  }

  @Test(
    arguments: [
      ("whsec_literal", .credential, "•••"), ("${env:A}", .credential, "${env:A}"),
      ("x${env:A:-y}", .credential, "•••${env:A:-•••}"),
      ("Bearer abc", .header(name: "Authorization"), "•••"), ("plain", .header(name: "X-Stage"), "plain"),
      ("${env:A:-b}", .header(name: "X-Stage"), "${env:A:-•••}"),
      ("literal", .variable(name: "API_TOKEN"), "•••"), ("literal", .variable(name: "STAGE"), "literal"),
      ("https://u:p@db/x", .variable(name: "DB"), "https://•••@db/x"),
      ("https://chat.example/a/b?c=d", .chatURL, "https://chat.example•••"),
      ("https://chat.example/a/${env:B}/c", .chatURL, "https://chat.example•••${env:B}•••"),
      ("${env:BASE}/failed", .url, "${env:BASE}•••"),
      ("https://hub.example/failed", .url, "https://hub.example/failed"),
      ("https://hub.example/T0aaaaaaaaaaaaaa1/x", .url, "https://hub.example/•••/x"),
      ("$${env:A}", .plain, "$${env:A}"), ("https://api.example", .endpoint, "https://api.example"),
    ] as [(String, SecretField, String)])
  func `what is kept of a value shows its references and nothing secret`(
    _ text: String, _ field: SecretField, _ masked: String
  ) throws {
    #expect(try ReferenceText(text).masked(as: field) == masked)
  }
}
