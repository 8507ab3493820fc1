extension Schema {
  /// `pace`: of a destination that has one, for people: what is due there may have to wait for its turn.
  static let paces = "ALTER TABLE known_names ADD COLUMN pace TEXT;"
}
