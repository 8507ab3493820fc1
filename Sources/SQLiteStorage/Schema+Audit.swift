extension Schema {
  /// - `acts`: what somebody did, and who; `subjects`: on how many things.
  /// - `act_subjects`: the things by their ids, which stay when the things are pruned.
  static let audit = """
    CREATE TABLE acts (
      sequence INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      way TEXT NOT NULL,
      name TEXT NOT NULL,
      note TEXT NOT NULL,
      subjects INTEGER NOT NULL CHECK (subjects >= 0),
      detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX acts_by_time ON acts (at);

    CREATE TABLE act_subjects (
      act INTEGER NOT NULL REFERENCES acts (sequence),
      place INTEGER NOT NULL,
      id TEXT NOT NULL,
      PRIMARY KEY (act, place)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX acts_on_subject ON act_subjects (id);
    """
}
