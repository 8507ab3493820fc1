import Glibc
import Testing

@testable import Transport

/// Against Node's server, where it is installed: there is no other that is as easily had.
@Suite(
  .timeLimit(.minutes(6)), .enabled(if: Certificates.canBeMade && access("/usr/bin/node", X_OK) == 0))
struct HTTP2Tests {
  /// Says by which version it was asked over which connection; `/early` answers before it has read the body, and resets the
  /// stream.
  private static let program = """
    const http2 = require('http2'), fs = require('fs');
    let sessions = 0;
    const [certificate, key] = process.argv.slice(1);
    const options = {cert: fs.readFileSync(certificate), key: fs.readFileSync(key), allowHTTP1: true};
    const server = http2.createSecureServer(options, (request, response) => {
      if (request.url === '/early') {
        request.stream.respond({':status': 202, 'content-length': 0}, {endStream: true});
        request.stream.close(http2.constants.NGHTTP2_NO_ERROR);
        return;
      }
      const session = request.stream ? request.stream.session.number : 0;
      setTimeout(() => response.end(`${request.httpVersion} ${session}`), 1);
    });
    server.on('session', session => { session.number = ++sessions; });
    server.on('sessionError', () => {});
    server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
    """

  private func withServer(_ body: (ChildServer, HTTPClient) async throws -> Void) async throws {
    let certificates = try Certificates()
    let pair = try certificates.make("server")
    let server = try ChildServer(["node", "-e", Self.program, pair.certificate, pair.key])
    let client = HTTPClient(
      HTTPClient.Configuration(
        maximumConnectionsPerHost: 32, caFile: certificates.authority.certificate, proxy: .none))
    do {
      try await body(server, client)
    } catch {
      await client.close()
      throw error
    }
    await client.close()
  }

  @Test func `many requests share one connection where they may, and HTTP/1.1 stays the default`() async throws {
    try await withServer { server, client in
      let texts = await withTaskGroup(of: String?.self) { group in
        for _ in 0..<100 {
          group.addTask { await client.outcome(of: HTTPRequest("GET", server.secureURL, allowsHTTP2: true)).text }
        }
        return await group.reduce(into: [:]) { $0[$1 ?? "none", default: 0] += 1 }
      }
      #expect(texts == ["2.0 1": 100])
      #expect(await client.outcome(of: HTTPRequest("GET", server.secureURL)).text == "1.1 0")
    }
  }

  @Test func `an answer that comes before the body is read stands`() async throws {
    try await withServer { server, client in
      for _ in 0..<20 {
        let body = [UInt8](repeating: 65, count: 1 << 20)
        let request = HTTPRequest("POST", server.secureURL + "early", body: body, allowsHTTP2: true)
        let answer = try await client.send(request)
        #expect(answer.status == 202)
      }
    }
  }
}
