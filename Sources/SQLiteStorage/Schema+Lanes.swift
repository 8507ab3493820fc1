extension Schema {
  /// A column, not the name, tells work on this machine from a destination.
  ///
  /// - `lane`: the kind of lane, whose name stands in `destination`; NULL: that is a destination of a rules file.
  static let lanes = """
    ALTER TABLE deliveries ADD COLUMN lane TEXT
      CHECK (lane IN ('hook', 'download', 'lost-step') AND (lane = kind OR lane = 'lost-step'));
    UPDATE deliveries SET lane = kind
      WHERE kind IN ('hook', 'download')
        AND (destination = kind OR substr(destination, 1, length(kind) + 1) = kind || '/');
    UPDATE deliveries SET lane = 'lost-step' WHERE destination = 'lost-step' AND kind = 'event';

    ALTER TABLE probe_requests ADD COLUMN lane TEXT CHECK (lane IN ('hook', 'download', 'lost-step'));
    UPDATE probe_requests SET lane = CASE
      WHEN destination = 'lost-step' THEN 'lost-step'
      WHEN destination = 'hook' OR substr(destination, 1, 5) = 'hook/' THEN 'hook'
      WHEN destination = 'download' OR substr(destination, 1, 9) = 'download/' THEN 'download' END;
    """
}
