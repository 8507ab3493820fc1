import Glibc

@testable import Transport

/// Runs `body` against a server with this script and a client, and takes both down whatever happens.
func serving(
  _ script: Script, _ configuration: HTTPClient.Configuration = HTTPClient.Configuration(),
  _ body: (ScriptedServer, HTTPClient) async throws -> Void
) async throws {
  _ = withoutProxy
  let server = try ScriptedServer(script)
  let client = HTTPClient(configuration)
  do {
    try await body(server, client)
  } catch {
    await client.close()
    server.stop()
    throw error
  }
  await client.close()
  server.stop()
}

/// What a GET from a server with this script ends in.
func exchange(_ script: @escaping @Sendable (Visit) -> Void) async throws -> ResponseResult {
  try await exchange({ HTTPRequest("GET", $0.url()) }, Script(script))
}

/// What one request to a server with this script ends in.
func exchange(
  _ request: (ScriptedServer) -> HTTPRequest, _ script: Script
) async throws -> ResponseResult {
  var outcome: ResponseResult = .failure(.closed)
  try await serving(script) { server, client in
    outcome = await client.outcome(of: request(server))
  }
  return outcome
}

extension HTTPClient {
  /// What isn't about time has plenty: the transport's clock runs, also while all other tests want the processor.
  func outcome(of request: HTTPRequest) async -> ResponseResult {
    let usual = HTTPRequest(request.method, request.url)
    var request = request
    if request.timeout == usual.timeout { request.timeout = .seconds(600) }
    if request.connectTimeout == usual.connectTimeout { request.connectTimeout = .seconds(600) }
    do throws(TransportError) {
      return .success(try await send(request))
    } catch {
      return .failure(error)
    }
  }
}

extension ResponseResult {
  var error: TransportError? {
    if case .failure(let error) = self { error } else { nil }
  }

  /// Of an answer whose body is not whole.
  var fault: TransportError? {
    if case .success(let answer) = self { answer.bodyFault } else { nil }
  }

  var text: String? {
    if case .success(let answer) = self { String(decoding: answer.body, as: UTF8.self) } else { nil }
  }
}

/// The machine's proxy settings don't concern these tests.
private let withoutProxy: Bool = {
  setenv("no_proxy", "*", 1) == 0
}()
