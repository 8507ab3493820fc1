internal import JSONSource
internal import Runs
internal import Secrets
internal import Storage

extension RuleFileReader {
  func destinations(_ node: JSONNode?) -> [String: DestinationSettings] {
    guard let node else { return [:] }
    guard let members = node.members else {
      if case .invalid = node.content { return [:] }
      diagnostics.error(at: node.range, "destinations must be an object of destinations by name, and is \(node.kind)")
      return [:]
    }
    var found: [String: DestinationSettings] = [:]
    for member in members {
      guard isName(member.key) else {
        diagnostics.error(
          at: member.keyRange, "\(member.key.prefix(60).debugDescription) is no name for a destination",
          hint:
            "1 to 60 letters, digits, - and _; \"hook\", \"download\" and \"include\" are taken by what is done on this machine"
        )
        continue
      }
      if let destination = destination(member) { found[member.key] = destination }
    }
    return found
  }

  private func isName(_ text: String) -> Bool {
    Run.isValid(id: text) && text.utf8.count <= 60 && Lane(name: text) == nil
  }

  /// Reads all of it before any of it is given up, so that every mistake is reported.
  private func destination(_ member: JSONMember) -> DestinationSettings? {
    let path = "destinations.\(member.key)"
    guard let reader = ObjectReader(member.value, path: path, known: nil, diagnostics) else { return nil }
    let type = self.type(reader)
    var (common, http) = (CommonSettings(), HTTPSettings())
    Shape.common.read(reader, context, into: &common)
    Shape.http.read(reader, context, into: &http)
    checkClientCertificate(reader)
    guard let type else { return nil }
    type.reportForeignFields(in: reader)
    guard let destination = type.implementation.read(reader, context) else { return nil }
    if let (field, url) = destination.address, let node = reader[field] {
      context.checkAddress(url, http, at: node, path: reader.pathOf(field))
      checkService(url, type, at: node, path: reader.pathOf(field))
    }
    if common.rateLimit == nil { common.rateLimit = type.implementation.usualRate }
    var settings = DestinationSettings(name: member.key, destination: destination)
    (settings.common, settings.http) = (common, http)
    return settings
  }

  private func type(_ reader: ObjectReader) -> DestinationType? {
    guard let node = reader.required("type"), let text = reader.text(node, path: reader.pathOf("type")) else {
      return nil
    }
    if let type = DestinationType(rawValue: text) { return type }
    diagnostics.error(
      at: node.range, "unknown type of destination \(text.prefix(40).debugDescription)",
      hint: hint(for: text, among: DestinationType.all.map(\.rawValue)))
    return nil
  }

  /// A URL of one service in a destination of another type.
  private func checkService(_ url: ReferenceText, _ type: DestinationType, at node: JSONNode, path: String) {
    guard context.looksUp, let url = try? context.secrets.resolve(url, as: .chatURL).revealed,
      let owner = DestinationType.owner(ofURL: url), owner != type
    else { return }
    // Discord takes Slack's messages at this address.
    if type == .slack, url.hasSuffix("/slack") { return }
    let message = "\(path) is an address of \(owner), which takes no messages of type \(type)"
    let hint = "write \"type\": \"\(owner)\""
    // A program may have a reason to speak to a service in its own words, with a body.
    if type == .webhook {
      diagnostics.warning(at: node.range, message, hint: hint)
    } else {
      diagnostics.error(at: node.range, message, hint: hint)
    }
  }

  private func checkClientCertificate(_ reader: ObjectReader) {
    for (written, missing) in [("clientCertificate", "clientKey"), ("clientKey", "clientCertificate")] {
      guard let node = reader[written], reader[missing] == nil, !diagnostics.isCut(reader.node) else { continue }
      diagnostics.error(at: node.range, "\(reader.pathOf(written)) needs \"\(missing)\" beside it")
    }
  }
}

extension Destination {
  /// Nil, and reported, when a required field is missing or can't be read.
  fileprivate static func read(_ object: ObjectReader, _ context: FieldContext) -> Self? {
    var destination = Self()
    guard Shape(says: says, fields: fields).read(object, context, into: &destination) else { return nil }
    destination.check(object, context)
    return destination
  }

  static var ownKeys: [String] { fields.map(\.key) }
}

extension DestinationType {
  /// What every type has.
  private static let sharedKeys = ["type"] + Shape.common.keys

  /// Reports members that this type doesn't have.
  fileprivate func reportForeignFields(in reader: ObjectReader) {
    let connection = implementation.connection
    let known = Self.sharedKeys + Shape.connection(connection).keys + implementation.ownKeys
    for member in reader.node.members ?? [] where !known.contains(member.key) {
      let owners = Self.all.filter { $0.implementation.ownKeys.contains(member.key) }.map(\.rawValue)
      guard owners.isEmpty else {
        let types =
          owners.count < 5 ? owners.joined(separator: ", ") : "\(owners.prefix(4).joined(separator: ", ")) and others"
        reader.diagnostics.error(
          at: member.value.range, "\(reader.pathOf(member.key)) is for destinations of type \(types)", hint: "remove it"
        )
        continue
      }
      if Shape.http.keys.contains(member.key) {
        reader.diagnostics.error(
          at: member.value.range,
          "\(reader.pathOf(member.key)) is for destinations that are reached over HTTP\(connection == .local ? " or TLS" : "")",
          hint: "remove it")
        continue
      }
      reader.reportUnknown(member, known: known)
    }
  }
}
