import FoundationEssentials

/// An answer as bytes, which need not be HTTP. A harm changes any part of it.
struct WireAnswer: Sendable {
  enum Step: Sendable {
    case send(Answer.Body)
    /// Milliseconds.
    case pause(Int64)
  }

  enum End: Sendable {
    case keepAlive, close, reset
  }

  var status: Int
  var reason: String
  var fields: [(name: String, value: String)]
  /// 1xx answers, sent before the head.
  var interim: [UInt8] = []
  /// Additional field lines, sent as they are, with their line endings.
  var moreLines: [UInt8] = []
  var content: Answer.Body
  /// The value of `Content-Length`; nil omits it.
  var length: Int?
  /// Replaces the content.
  var body: [Step]?
  /// Milliseconds before the first byte.
  var delay: Int64
  var end = End.keepAlive
  /// Replaces the head and everything after it.
  var replacement: [UInt8]?
  /// The body is the regular one.
  var isUsual = true
  private let hasBody: Bool

  init(_ answer: Answer, to request: ReceivedRequest) {
    status = answer.status
    reason = Server.phrase(answer.status)
    fields = answer.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    fields += [("x-cloud-trace-context", Server.trace(of: request)), ("Date", Server.date(request.time))]
    content = answer.body
    length = answer.body.count
    delay = answer.delay
    hasBody = request.method != "HEAD" && answer.status != 204 && answer.status != 304
    switch answer.manner {
    case .whole: break
    case .hang: (delay, replacement, end) = (86_400_000, [], .reset)
    case .reset: (replacement, end) = ([], .reset)
    case .cutShort: cutBody()
    case .slow: trickle(over: 5_000)
    }
  }

  /// Replaces the whole answer.
  mutating func replace(_ status: Int, _ contentType: String, _ text: String) {
    replace(status, contentType, Array(text.utf8))
  }

  mutating func replace(_ status: Int, _ contentType: String, _ bytes: [UInt8]) {
    self.status = status
    reason = Server.phrase(status)
    setContent(bytes)
    set("Content-Type", contentType)
  }

  /// Replaces the content.
  mutating func setContent(_ bytes: [UInt8]) {
    content = .bytes(bytes)
    length = bytes.count
    isUsual = false
  }

  mutating func set(_ name: String, _ value: String) {
    fields.removeAll { $0.name.lowercased() == name.lowercased() }
    fields.append((name, value))
  }

  mutating func cutBody() {
    body = [.send(content.prefix(content.count / 2))]
    (end, isUsual) = (.close, false)
  }

  mutating func trickle(over milliseconds: Int64) {
    let count = content.count
    body = (0..<20).flatMap { part -> [Step] in
      [.pause(milliseconds / 20), .send(content[part * count / 20..<(part + 1) * count / 20])]
    }
  }

  /// The head exists and is short enough for clients.
  var isReadable: Bool { replacement == nil && moreLines.count < 100_000 }

  /// The head, or its replacement.
  var head: [UInt8] {
    if let replacement { return replacement }
    var text = "HTTP/1.1 \(status) \(reason)\r\n"
    for (name, value) in fields { text += "\(name): \(value)\r\n" }
    if let length { text += "Content-Length: \(length)\r\n" }
    return interim + Array(text.utf8) + moreLines + Array("\r\n".utf8)
  }

  /// Everything after the head.
  var rest: [Step] {
    guard hasBody, replacement == nil else { return [] }
    return body ?? [.send(content)]
  }
}

extension Answer.Body {
  func prefix(_ count: Int) -> Answer.Body { self[0..<Swift.min(count, self.count)] }

  /// A subrange, relative to the beginning.
  subscript(range: Range<Int>) -> Answer.Body {
    switch self {
    case .bytes(let bytes): .bytes(Array(bytes[range]))
    case .archive(let archive, let whole):
      .archive(archive, whole.lowerBound + range.lowerBound..<whole.lowerBound + range.upperBound)
    }
  }

  /// That subrange as bytes, generated if necessary.
  func bytes(in range: Range<Int>) -> [UInt8] {
    switch self {
    case .bytes(let bytes): Array(bytes[range])
    case .archive(let archive, let whole):
      archive.bytes(in: whole.lowerBound + range.lowerBound..<whole.lowerBound + range.upperBound)
    }
  }
}
