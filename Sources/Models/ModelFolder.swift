/// Where models are kept, in the layout of the vendor's SDK.
package enum ModelFolder {
  /// Where the SDK keeps them.
  package static let standard = "~/.datature/vi/models"

  /// `~` and `~/…` become the home directory; anything else stays as it is.
  ///
  /// - Parameter home: `HOME`.
  package static func expand(_ path: String, home: String?) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home, !home.isEmpty else { return path }
    return home + path.dropFirst()
  }
}
