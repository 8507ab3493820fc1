internal import HTTPServing
internal import JSONSource
internal import Runs
internal import Storage

/// What is answered without the state.
extension Response {
  static func unavailable(_ why: String, inJSON isAPI: Bool) -> Response {
    isAPI ? .problem(503, why) : .text(why, status: 503)
  }

  /// In the form of `status`.
  static func status(_ outage: StateOutage) -> Response {
    .json(
      JSONWriter.object { json in
        json.member("healthy", false)
        json.member("reasons") { json in json.array([outage.words]) { $0.string($1) } }
      }, status: 503)
  }
}

extension StateOutage {
  /// `{"since": …, "why": …}`
  var json: [UInt8] {
    JSONWriter.object { json in
      json.member("since", since.iso8601)
      json.member("why", why)
    }
  }
}
