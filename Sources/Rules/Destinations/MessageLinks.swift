internal import JSONSource

/// How the messages of a type of destination can be changed after they were posted, and stand in threads.
///
/// What a service answers to a new message names it. That name is kept as JSON, the members of the answer that are listed here by
/// the last word of their place, and given back in ``OutgoingMessage/sequel`` when a request is made that edits the message, or
/// that answers it in its thread.
package struct MessageLinks: Sendable {
  package enum Threads: Sendable {
    /// A thread is the first message with its key, or begins with it: what names that message names the thread.
    case ofFirst
    /// The request names it by its key, and the service creates a missing one.
    case byKey
    /// There are those that people have made, by their numbers.
    case numbered
  }

  /// Places in the answer to a new message, as in ``AnswerBody/text(at:)``. Empty: the request names the message itself.
  let name: [String]
  /// Messages can be edited.
  package var updates = true
  package var threads: Threads?

  /// What an answer names the new message; nil: nothing, or not in a way that could be kept.
  package func name(in answer: ServiceAnswer) -> [UInt8]? {
    guard !name.isEmpty else { return Array("{}".utf8) }
    guard let document = try? JSONDocument(parsing: answer.body) else { return nil }
    var members: [(key: String, json: [UInt8])] = []
    for place in name {
      let keys = place.split(separator: ".").map(String.init)
      let node = keys.reduce(Optional(document.root)) { node, key in node?[key] }
      guard let key = keys.last, let node, node.string != nil || node.number != nil,
        case let json = document.raw(node), json.count <= Self.maxName
      else { return nil }
      members.append((key, Array(json)))
    }
    return JSONWriter.object { json in for member in members { json.member(member.key, raw: member.json) } }
  }

  /// Bytes of a member.
  private static let maxName = 500
}

/// What a message continues at its destination, as a request says it.
package struct OutgoingSequel: Sendable {
  /// Of all messages that take each other's place: letters and digits. Nil: they are to stand beside each other.
  package var series: String?
  /// The name of the message to edit; nil: a new one is posted.
  package var edits: [UInt8]?
  /// The key of the thread that it belongs to; nil: none.
  package var thread: String?
  /// The name of the first message of that thread; nil: it is the first itself.
  package var first: [UInt8]?

  package init(series: String? = nil, edits: [UInt8]? = nil, thread: String? = nil, first: [UInt8]? = nil) {
    self.series = series
    self.edits = edits
    self.thread = thread
    self.first = first
  }

  /// An answer may say that there is no such message or thread.
  package var namesOthers: Bool { edits != nil || thread != nil }
}

extension OutgoingSequel {
  /// - Returns: what ``edits`` calls this, JSON.
  func edited(_ member: String) -> [UInt8]? { edits.flatMap { Self.value(member, in: $0) } }

  /// - Returns: what ``first`` calls this, JSON.
  func opener(_ member: String) -> [UInt8]? { first.flatMap { Self.value(member, in: $0) } }

  private static func value(_ member: String, in name: [UInt8]) -> [UInt8]? {
    guard let document = try? JSONDocument(parsing: name), let node = document.root[member] else { return nil }
    return Array(document.raw(node))
  }
}
