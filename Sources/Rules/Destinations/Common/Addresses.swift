internal import Notation

extension String {
  /// This URL with one more parameter in its query; the rest stays as it was written.
  func withQuery(_ parameter: String) -> String {
    let fragment = firstIndex(of: "#") ?? endIndex
    let joint = self[..<fragment].contains("?") ? "&" : "?"
    return "\(self[..<fragment])\(joint)\(parameter)\(self[fragment...])"
  }

  /// This URL with a path behind it.
  func withPath(_ path: String) -> String {
    (hasSuffix("/") ? String(dropLast()) : self) + path
  }

  /// This URL with more of a path before its query.
  func withPathInside(_ path: String) -> String {
    let end = firstIndex { $0 == "?" || $0 == "#" } ?? endIndex
    return String(self[..<end]).withPath(path) + self[end...]
  }

  /// This URL with another last part of its path; for one without a query.
  func withLastPart(_ name: String) -> String {
    lastIndex(of: "/").map { "\(self[...$0])\(name)" } ?? self
  }

  /// For one part of a path or one value of a query.
  var percentEncoded: String { PercentEncoding.encode(self) }
}

extension DestinationType {
  /// The service whose address this is, where only one service answers there.
  static func owner(ofURL url: String) -> DestinationType? {
    let authority = url.drop { $0 != "/" }.dropFirst(2).prefix { !"/?#:".contains($0) }.lowercased()
    return all.first { type in
      type.implementation.hosts.contains { authority == $0 || authority.hasSuffix(".\($0)") }
    }
  }
}
