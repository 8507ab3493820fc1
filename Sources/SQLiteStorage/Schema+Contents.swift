extension Schema {
  /// What a delivery carries lies beside it: its row is written several times, and its content never changes. Apart, an end
  /// rewrites a page for twenty deliveries instead of one for three.
  static let contents = """
    CREATE TABLE contents (
      delivery INTEGER PRIMARY KEY REFERENCES deliveries (sequence),
      bytes BLOB NOT NULL
    ) STRICT;
    INSERT INTO contents SELECT sequence, content FROM deliveries WHERE content IS NOT NULL ORDER BY sequence;
    ALTER TABLE deliveries DROP COLUMN content;
    """
}
