extension String {
  /// With U+FFFD in the place of each NUL, behind which a database forgets the rest. Hardly any text has one, and looking is much
  /// cheaper than replacing.
  var withoutNUL: String { utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self }
}
