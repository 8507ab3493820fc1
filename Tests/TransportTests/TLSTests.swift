import TestSupport
import Testing

@testable import Transport

/// Against `openssl s_server`.
@Suite(.timeLimit(.minutes(6)), .enabled(if: Certificates.canBeMade))
struct TLSTests {
  private let certificates: Certificates

  init() throws {
    certificates = try Certificates()
  }

  private func outcome(
    _ request: HTTPRequest, _ configuration: HTTPClient.Configuration = HTTPClient.Configuration(proxy: .none)
  ) async -> ResponseResult {
    let client = HTTPClient(configuration)
    let outcome = await client.outcome(of: request)
    await client.close()
    return outcome
  }

  private func expectTLS(_ error: TransportError?, _ words: String, _ place: SourceLocation = #_sourceLocation) {
    guard case .tls(host: _, let detail) = error else {
      Issue.record("\(String(describing: error))", sourceLocation: place)
      return
    }
    #expect(detail.contains(words), sourceLocation: place)
  }

  @Test func `an authority is trusted when the request, or else the client, names it`() async throws {
    let server = try ChildServer.tls(certificates.make("server"))
    let (right, wrong) = (certificates.authority.certificate, certificates.otherAuthority.certificate)
    let configuration = HTTPClient.Configuration(caFile: right, proxy: .none)
    expectTLS(await outcome(HTTPRequest("GET", server.secureURL)).error, "certificate")
    #expect(await outcome(HTTPRequest("GET", server.secureURL, caFile: right)).error == nil)
    #expect(await outcome(HTTPRequest("GET", server.secureURL), configuration).error == nil)
    expectTLS(await outcome(HTTPRequest("GET", server.secureURL, caFile: wrong), configuration).error, "certificate")
  }

  @Test func `a certificate for another name, or of another time, is refused`() async throws {
    let ca = certificates.authority.certificate
    let elsewhere = try ChildServer.tls(certificates.make("elsewhere", names: "DNS:elsewhere.example"))
    expectTLS(await outcome(HTTPRequest("GET", elsewhere.secureURL, caFile: ca)).error, "localhost")
    let expired = try ChildServer.tls(certificates.make("expired", days: -1))
    expectTLS(await outcome(HTTPRequest("GET", expired.secureURL, caFile: ca)).error, "expired")
  }

  @Test func `who is asked for a certificate shows it, and else hears that it is one`() async throws {
    let ca = certificates.authority.certificate
    let server = try ChildServer.tls(
      certificates.make("server"), "-Verify", "1", "-verify_return_error", "-CAfile", ca)
    let client = try certificates.make("somebody", names: "DNS:client.example")
    var request = HTTPRequest("GET", server.secureURL, caFile: ca)
    expectTLS(await outcome(request).error, "certificate required")
    request.clientCertificate = ClientCertificate(certificateFile: client.certificate, keyFile: client.key)
    #expect(await outcome(request).text?.contains("DNS:client.example") == true)
    let stranger = certificates.otherAuthority
    request.clientCertificate = ClientCertificate(certificateFile: stranger.certificate, keyFile: stranger.key)
    expectTLS(await outcome(request).error, "alert")
  }

  @Test func `a key with a passphrase is an error, and asks nobody for it`() async throws {
    let server = try ChildServer.tls(certificates.make("server"))
    let client = try certificates.make("client")
    let locked = "\(certificates.directory.path)/locked.key"
    try runProcess("openssl", "ec", "-in", client.key, "-aes128", "-passout", "pass:secret", "-out", locked)
    let certificate = ClientCertificate(certificateFile: client.certificate, keyFile: locked)
    let request = HTTPRequest(
      "GET", server.secureURL, caFile: certificates.authority.certificate, clientCertificate: certificate)
    expectTLS(await outcome(request).error, "private key")
  }

  @Test func `files that aren't there are named, and nothing is sent`() async throws {
    let directory = certificates.directory.path
    let there = certificates.authority.certificate
    try await serving(.echo) { server, client in
      for (ca, certificate, key, path, reason) in [
        ("\(directory)/none", there, there, "\(directory)/none", "No such file or directory"),
        (there, directory, there, directory, "not a file"),
        (there, there, "\(there)/x", "\(there)/x", "Not a directory"),
      ] {
        let pair = ClientCertificate(certificateFile: certificate, keyFile: key)
        let request = HTTPRequest("GET", server.url(), caFile: ca, clientCertificate: pair)
        #expect(await client.outcome(of: request).error == .unreadableFile(path: path, reason: reason))
      }
      #expect(server.seen.connections == 0)
    }
  }

  @Test func `a file without certificates is a matter of TLS`() async throws {
    let server = try ChildServer.tls(certificates.make("server"))
    let empty = try certificates.directory.write("nothing\n".utf8, to: "empty.pem")
    #expect(await outcome(HTTPRequest("GET", server.secureURL, caFile: empty)).error?.label == "tls")
  }
}
