internal import JSONSource
internal import Runs

/// What templates see beside the event data, made of it when a message is made.
struct ComputedFields: Sendable {
  let link: RunLink
  /// Events that the rule has not told of since its last message.
  var suppressed = 0

  /// Their names. What an action's `include` fetched is among them, as it stands beside the data in the same way.
  static let names = ["runUrl", "comparison", "modelPath", "incidentKey", "logs", "metricsText", "suppressed"]
  static let objects = ["metrics"]

  /// Nil: there is nothing to say.
  func text(_ name: String, of data: TemplateData) -> String? {
    switch name {
    case "runUrl": link.url(of: data)
    case "comparison": Self.comparison(data.document.root)
    case "modelPath": Self.modelPath(data.document.root)
    case "incidentKey": Self.incidentKey(data.document.root)
    case "suppressed": suppressed > 0 ? String(suppressed) : nil
    default: nil
    }
  }

  /// `12 % faster than usual`, of a run that succeeded; nil while the flow has no history. A run that failed early was not fast.
  private static func comparison(_ data: JSONNode) -> String? {
    guard data["phase"]?.string == Phase.succeeded.rawValue, let took = data["durationSeconds"]?.integer,
      let usual = data["usualDurationSeconds"]?.integer,
      took >= 0, usual > 0, usual < 1_000_000_000, took < 1_000_000_000
    else { return nil }
    let percent = (took - usual) * 100 / usual
    if abs(percent) < 5 { return "as long as usual" }
    return percent < 0 ? "\(-percent) % faster than usual" : "\(percent) % slower than usual"
  }

  /// The same for all events that are about one thing that fails and gets well: a flow, a run without one, the source.
  private static func incidentKey(_ data: JSONNode) -> String {
    let texts = ["organization", data["flow"]?.string == nil ? "runId" : "flow", "destination"].map {
      data[$0]?.string ?? ""
    }
    return RunEvent.digest(["incident"] + texts.map { $0.replacing("\n", with: " ") })
  }

  /// Of the first step that has left one.
  private static func modelPath(_ data: JSONNode) -> String? {
    for step in data[StepResults.steps]?.members ?? [] {
      if let path = step.value["path"]?.string, !path.isEmpty { return path }
    }
    return nil
  }
}

/// Makes the address at which people look at a run (`source.link`).
package struct RunLink: Sendable {
  /// Nil: not one of ours, which a test rules out.
  private let template: TextTemplate?

  /// The vendor's page of an organization's runs: pages of single runs have no documented address.
  static let standardText = "https://vi.datature.com/org/{{organization}}"
  package static let standard = RunLink(checked: try? TextTemplate(standardText, markup: .url))

  private init(checked template: TextTemplate?) {
    self.template = template
  }

  /// - Throws: `TemplateProblems`.
  init(template text: String) throws(TemplateProblems) {
    template = try TextTemplate(text, markup: .url)
  }

  func url(of data: TemplateData) -> String? {
    template?.render(TemplateData(data.document, link: nil))
  }
}

extension Markup {
  /// The inside of a URL: what a run says can't leave its place, and no notation sees a mark of its own in it.
  static let url = Markup("URL") { text in
    text.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."):
        return String(UnicodeScalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        return "%\(digits.count == 1 ? "0" : "")\(digits)"
      }
    }.joined()
  }
}
