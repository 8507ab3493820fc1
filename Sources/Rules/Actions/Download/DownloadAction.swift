internal import JSONSource
internal import Runs
internal import Storage

/// `download`: the run's model, into the layout of the vendor's SDK.
struct DownloadAction: Action {
  static let verb = "download"
  static let says = "Downloads the run's model, in the layout of the vendor's SDK."
  static let results = ["status", "path"]
  static let lane: Lane.Kind? = .download
  static let isOfRun = true

  static let fields: [Field<DownloadAction>] = [
    Field(
      "download", .place, to: \.place, isRequired: true, example: #"{"to": "/srv/models"}"#,
      "Which model, and where to."),
    Field(
      "concurrency", .integer(1...64), to: \.concurrency, example: "1",
      "So many of this action at once, 1 to 64. Without it all downloads share 2."),
  ]

  /// Where the vendor's SDK keeps models.
  static let standardDirectory = "~/.datature/vi/models"

  struct Place: Sendable {
    /// Absolute, or begins with `~`; nil: ``standardDirectory``.
    var directory: String?
    /// Nil: the latest.
    var checkpoint: String?
  }

  var place = Place()
  var concurrency: Int?

  func content(_ context: PlannedDelivery.RenderContext) -> PlannedDelivery.Content {
    let directory = place.directory ?? Self.standardDirectory
    return .delivery(.download(DownloadCall(directory: directory, checkpoint: place.checkpoint)))
  }
}

extension Shape where Target == DownloadAction.Place {
  static let download = Shape(
    says: "",
    fields: [
      Field(
        "to", directory, to: \.directory, default: #""~/.datature/vi/models""#, example: #""/srv/models""#,
        "The directory of models; each run gets a folder of its own in it."),
      Field(
        "checkpoint", checkpoint, to: \.checkpoint, example: #""ckpt_0123""#,
        "Which of the run's models; without it the latest."),
    ])

  private static let directory = FieldType<String>.own([
    "type": .text("string"), "pattern": .text("^(/|~$|~/)"), "not": .object(["pattern": .text("\\{\\{")]),
  ]) { node, path, context in
    guard let directory = context.text(node, path: path),
      !context.isTemplate(node, path: path, hint: "each run gets a folder of its own in it")
    else { return nil }
    // `~` is what HOME says.
    if directory.hasPrefix("~"), context.machine.home == .missing {
      context.diagnostics.error(
        at: node.range, "\(path) begins with ~, and HOME is not set",
        hint: "write a path that begins with /, or set HOME")
    }
    if !directory.hasPrefix("/"), directory != "~", !directory.hasPrefix("~/") {
      context.diagnostics.error(
        at: node.range, "\(path) must not depend on where vi-notify was started",
        hint: "write a path that begins with / or ~/")
    }
    return directory
  }

  private static let checkpoint = FieldType<String>.own(["$ref": .text("#/$defs/name")]) { node, path, context in
    guard let checkpoint = context.text(node, path: path) else { return nil }
    if Run.isValid(id: checkpoint) { return checkpoint }
    context.diagnostics.error(
      at: node.range, "\(checkpoint.prefix(60).debugDescription) is no checkpoint",
      hint: "ids hold letters, digits, _ and -; vi-notify models list RUN shows them")
    return nil
  }
}

extension FieldType where Value == DownloadAction.Place {
  static let place = FieldType(schema: ["$ref": .text("#/$defs/download")]) { object, key, context in
    guard let node = object[key] else { return nil }
    var place = DownloadAction.Place()
    guard let reader = Shape.download.read(node, path: object.pathOf(key), context, into: &place) else { return nil }
    if reader["to"] == nil, context.machine.home == .missing {
      context.diagnostics.error(
        at: node.range,
        "\(reader.path) needs \"to\": HOME is not set, and models would go to \(DownloadAction.standardDirectory)",
        hint: "write a path that begins with /, or set HOME")
    }
    return place
  }
}
