package import HTTPServing
internal import Runs
internal import Storage

/// The port by which a running watcher shows itself: a page for people, numbers for machines, and a few things that may be asked of
/// it.
///
/// - In: a ``StatusSubject`` (the watcher), and the state, through its reading side. Out: responses.
/// - ``Gate`` decides who may have what, ``StatusPort/routes`` what there is; each route is a function of the request.
/// - What is shown is data: no text of a stranger becomes markup. The page's script puts it into the page as text, and the content
///   security policy lets no other script run.
/// - It decides nothing about runs or deliveries; actions are rows in the state, as the commands leave them.
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

  /// Tells those who read the page of what changes, until it is cancelled.
  package func run() async throws { try await updates.run() }

  /// Answers one request; never longer than it takes to read the state.
  package func respond(to request: Request) async -> Response {
    var response = await found(request)
    response.headers += Self.safety
    return response
  }

  private func found(_ request: Request) async -> Response {
    let here = Self.routes.compactMap { route in route.parameters(request.segments).map { (route, $0) } }
    let method = request.method == "HEAD" ? "GET" : request.method
    guard let (route, parameters) = here.first(where: { $0.0.method == method }) else {
      // Who may not read learns nothing of what there is.
      if let refusal = gate.refusal(of: request, .reading) { return refusal }
      guard !here.isEmpty else { return .text("there is nothing here; see /", status: 404) }
      var response = Response.text("this isn't done by \(request.method) here", status: 405)
      response.headers.append(("Allow", Set(here.map(\.0.method)).sorted().joined(separator: ", ")))
      return response
    }
    if let refusal = gate.refusal(of: request, route.access) { return refusal }
    do throws(StorageError) {
      return try await route.handle(self, request, parameters)
    } catch {
      return .text("\(error)", status: 503)
    }
  }

  /// With every response. Nothing may be loaded but what comes from here, nothing runs that stands in the page itself, and no other
  /// page may have this one in a frame or read it.
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
