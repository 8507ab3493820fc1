internal import JSONSource

extension [UInt8] {
  /// This object with more members, where it doesn't have them itself; what is no object stays as it is.
  ///
  /// - Parameter members: JSON by name, in the order in which they stand first.
  func adding(_ members: [(name: String, json: [UInt8])]) -> [UInt8] {
    guard let root = try? JSONDocument(parsing: self).root, let own = root.members else { return self }
    return JSONWriter.object { json in
      for member in members where !own.contains(where: { $0.key == member.name }) {
        json.member(member.name, raw: member.json)
      }
      for member in own { json.member(member.key, raw: self[member.value.range]) }
    }
  }

  static func json(_ text: String) -> [UInt8] {
    var json = JSONWriter()
    json.string(text)
    return json.bytes
  }

  /// The text of a member of this object.
  func text(_ name: String) -> String? {
    (try? JSONDocument(parsing: self).root)?[name]?.string
  }
}
