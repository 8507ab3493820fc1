package import JSONSource
package import Storage
internal import Runs

extension Act {
  /// `{"time", "action", "actor": {"way", "name", "note"}, "ids", "count", "detail"}`, for the API and `explain`.
  package func write(into json: inout JSONWriter) {
    json.object { json in
      json.member("time", at.iso8601)
      json.member("action", kind.rawValue)
      json.member("actor") { json in
        json.object { json in
          json.member("way", agent.way.rawValue)
          json.member("name", agent.name)
          json.member("note", agent.note)
        }
      }
      json.member("ids") { $0.array(subjects) { $0.string($1) } }
      json.member("count", count)
      json.member("detail", detail)
    }
  }
}
