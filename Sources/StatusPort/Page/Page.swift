internal import HTTPServing

/// The page, in three parts that stand in this program: there is nothing to install beside it, and nothing is loaded from elsewhere.
///
/// The HTML is the same for everybody and holds no data. The script fills it with what `/api/v1` says, always as text.
enum Page {
  static let html = part("text/html; charset=utf-8", document)
  static let style = part("text/css; charset=utf-8", sheet)
  static let script = part("text/javascript; charset=utf-8", code)

  private static func part(_ type: String, _ text: String) -> Response {
    Response(200, headers: [("Content-Type", type)], body: .bytes(Array(text.utf8)))
  }
}
