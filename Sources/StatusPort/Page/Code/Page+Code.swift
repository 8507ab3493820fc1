extension Page {
  /// The script, in one piece for the browser.
  static let code = [basics, rows, charts, watching, actions, story, news].joined(separator: "\n")
}
