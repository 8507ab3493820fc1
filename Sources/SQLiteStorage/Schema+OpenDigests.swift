extension Schema {
  /// `plan`: how the message of a digest is to be made, so that it goes out as it was meant by whatever rules are in use then.
  static let openDigests = "ALTER TABLE digests ADD COLUMN plan BLOB;"
}
