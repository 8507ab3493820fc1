extension Schema {
  /// The machine that has the files of a delivery, of a state that was in PostgreSQL: kept for when it goes back there. Here one process
  /// does everything.
  static let workers = "ALTER TABLE deliveries ADD COLUMN worker TEXT"
}
