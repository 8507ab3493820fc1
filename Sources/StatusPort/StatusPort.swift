package import HTTPServing
internal import Runs
internal import Storage

/// The HTTP interface of a running watcher: a page for people, metrics, health checks, an API, and a few actions.
///
/// - In: a ``StatusSubject`` (the watcher) and the state. Out: responses.
/// - ``Gate`` decides on access, ``StatusPort/routes`` lists what exists; each route is a function of the request.
/// - Foreign text never becomes markup: the page's script inserts it as text, and the content security policy blocks every other
///   script.
/// - Actions write the same rows into the state as the commands do.
///
/// Begin reading at ``respond(to:)``.
package struct StatusPort: Sendable {
  let subject: any StatusSubject
  let surroundings: Surroundings
  let gate: Gate
  let metrics: MetricsReader
  let overview: Overview
  let updates: LiveUpdates

  /// - Parameter host: that is listened on.
  package init(_ subject: any StatusSubject, _ surroundings: Surroundings, host: String, token: AccessToken?) {
    var surroundings = surroundings
    surroundings.canAct = token != nil
    (self.subject, self.surroundings) = (subject, surroundings)
    gate = Gate(host: host, token: token)
    metrics = MetricsReader(subject, surroundings)
    overview = Overview(subject, surroundings)
    updates = LiveUpdates(overview, surroundings)
  }

  /// Whether `host` may be listened on without a token.
  package static func isLoopback(_ host: String) -> Bool { Gate.isLoopback(host) }

  /// Publishes changes to the readers of `/api/v1/events` until cancelled.
  package func run() async throws { try await updates.run() }

  /// Answers one request.
  package func respond(to request: Request) async -> Response {
    var response = await found(request)
    response.headers += Self.safety
    return response
  }

  private func found(_ request: Request) async -> Response {
    let here = Self.routes.compactMap { route in route.parameters(request.segments).map { (route, $0) } }
    let method = request.method == "HEAD" ? "GET" : request.method
    guard let (route, parameters) = here.first(where: { $0.0.method == method }) else {
      // Don't reveal which paths exist to clients that may not read.
      if let refusal = gate.refusal(of: request, .reading) { return refusal }
      guard !here.isEmpty else { return .text("not found; see /", status: 404) }
      var response = Response.text("\(request.method) is not allowed here", status: 405)
      response.headers.append(("Allow", Set(here.map(\.0.method)).sorted().joined(separator: ", ")))
      return response
    }
    if let refusal = gate.refusal(of: request, route.access) { return refusal }
    let isAPI = route.path.hasPrefix("/api/")
    if route.needsState, let outage = surroundings.outage() { return .unavailable(outage.words, inJSON: isAPI) }
    do throws(StorageError) {
      return try await Glance.take { () throws(StorageError) in try await route.handle(self, request, parameters) }
    } catch {
      return .unavailable(surroundings.outage()?.words ?? "\(error)", inJSON: isAPI)
    }
  }

  /// Headers of every response. They allow only resources from this server, no inline script, no framing, and no reading by other
  /// sites.
  private static let safety: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
  ]
}
