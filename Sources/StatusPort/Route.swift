internal import HTTPServing
internal import Storage

/// One thing that is served.
struct Route: Sendable {
  typealias Handle =
    @Sendable (StatusPort, Request, _ parameters: [String]) async throws(StorageError) -> Response

  let method: String
  /// `/api/v1/runs/{id}`: a part in braces stands for any text.
  let path: String
  let access: Gate.Access
  let handle: Handle

  init(_ method: String, _ path: String, _ access: Gate.Access, _ handle: @escaping Handle) {
    (self.method, self.path, self.access, self.handle) = (method, path, access, handle)
  }

  /// What stands in the places of the braces; nil: these parts are no such path.
  func parameters(_ segments: [String]) -> [String]? {
    let parts = path.split(separator: "/")
    guard parts.count == segments.count else { return nil }
    var parameters: [String] = []
    for (part, segment) in zip(parts, segments) {
      if part.first == "{" {
        parameters.append(segment)
      } else if part != segment {
        return nil
      }
    }
    return parameters
  }
}

extension StatusPort {
  static let routes: [Route] = [
    Route("GET", "/metrics", .reading) { port, request, _ throws(StorageError) in
      let exposition = Exposition(accept: request.headers["accept"])
      let body = exposition.write(try await port.metrics.samples())
      return Response(200, headers: [("Content-Type", exposition.contentType)], body: .bytes(body))
    },
    Route("GET", "/-/healthy", .open) { port, request, _ in port.health(.healthy, request) },
    Route("GET", "/-/ready", .open) { port, request, _ in port.health(.ready, request) },
    Route("POST", "/-/reload", .acting) { port, _, _ in await port.reload() },
  ]

  private func health(_ question: Health.Question, _ request: Request) -> Response {
    Health(question, subject.facts, surroundings.telemetry, surroundings.clock.system)
      .response(to: request, isTrusted: gate.mayRead(request))
  }

  private func reload() async -> Response {
    switch await subject.reload() {
    case .applied: .text("the rules file was read anew")
    case .refused(let why): .text("the rules in use stay in use: \(why)", status: 409)
    case nil: .text("the rules file will be read anew", status: 202)
    }
  }
}
