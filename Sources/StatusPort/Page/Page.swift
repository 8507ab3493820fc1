internal import HTTPServing

/// The page: HTML, CSS and script as string literals, because resource files would break the single binary.
///
/// The HTML is static and contains no data. The script fills it from `/api/v1`, always as text.
enum Page {
  static let html = part("text/html; charset=utf-8", document)
  static let style = part("text/css; charset=utf-8", sheet)
  static let script = part("text/javascript; charset=utf-8", code)

  private static func part(_ type: String, _ text: String) -> Response {
    Response(200, headers: [("Content-Type", type)], body: .bytes(Array(text.utf8)))
  }
}
