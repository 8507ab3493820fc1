/// What each harm does to an answer.
extension Harm {
  /// - Parameters:
  ///   - place: the kind of request.
  ///   - maxWait: milliseconds.
  func damage(
    _ answer: inout WireAnswer, at place: HarmPlace, maxWait: Int64, _ random: inout some RandomNumberGenerator
  ) {
    switch self {
    case .oddDate, .oddWaits, .oddHead, .hugeHead: damageHead(&answer, &random)
    case .cutBody, .excessBody, .badGzip, .cutGzip, .unknownEncoding, .cutChunks, .badChunks, .stalledBody, .slowBody:
      damageBody(&answer, maxWait, &random)
    case .wrongStatus, .serverError, .busy, .redirect, .signIn, .hugeError, .bombError, .escapes, .longHold, .refusal,
      .gone:
      replaceAnswer(&answer, at: place, &random)
    case .hugeDocument, .manyMembers, .deepDocument, .extremeNumbers, .badText, .halfJSON, .otherJSON, .emptyPage,
      .shiftedPage, .lostPage:
      damageDocument(&answer, &random)
    case .lostRequest, .lostAnswer: (answer.replacement, answer.end) = ([], .reset)
    case .cutHead:
      let head = answer.head
      answer.replacement = Array(head.prefix(Int.random(in: 1..<max(2, head.count - 2), using: &random)))
      answer.end = Bool.random(using: &random) ? .reset : .close
    case .noHTTP:
      let texts = [
        "SSH-2.0-OpenSSH_9.2\r\n", "\u{15}\u{3}\u{1}\0\u{2}\u{2}P", "HTTP/9.9 200 OK\r\n\r\n", "ok", "\n\n\n",
      ]
      (answer.replacement, answer.end) = (Array((texts.randomElement(using: &random) ?? "").utf8), .close)
    case .late: answer.delay += Int64.random(in: 1...max(1, maxWait), using: &random)
    }
  }
}

/// Heads that are HTTP, or almost.
extension Harm {
  private static let dates = [
    "Thu, 01 Jan 300000000 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT", "Tue, 19 Jan 2038 03:14:08 GMT", "0", "-1", "yesterday", "",
    "99999999999999999999",
    "Sun, 32 Foo 2026 25:61:61 GMT",
  ]

  /// Not waits at all: a client that believes one waits for nothing.
  static let noWaits = [
    "-5", "-1e400", "NaN", "soon", "", "1,5", "0", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Foo 2026 00:00:00 GMT",
    "\u{1B}[31m3", "1 2", "--3", "1e", "null",
  ]
  /// Waits that no client should follow.
  static let longWaits = [
    "1e400", "1000000000", "99999999999999999999", "Thu, 01 Jan 300000000 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT", "31536000",
  ]

  private func damageHead(_ answer: inout WireAnswer, _ random: inout some RandomNumberGenerator) {
    func pick(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }
    switch self {
    case .oddDate:
      let yearAhead = Server.date(Simulator.systemClock() + 366 * 86_400_000)
      answer.set("Date", pick(Self.dates + [yearAhead, yearAhead]))
    case .oddWaits:
      // On an answer that doesn't ask to wait, these have no meaning. `Remaining: 0` would ask.
      answer.set("Retry-After", pick(Self.noWaits + Self.longWaits))
      answer.set("X-RateLimit-Reset-After", pick(Self.noWaits))
      answer.set("X-RateLimit-Remaining", pick(["NaN", "-0", "1e400", "", "none", "-1"]))
      answer.set("X-RateLimit-Reset", pick(Self.noWaits + Self.longWaits))
    case .oddHead: addOddLines(&answer, &random)
    default:
      let line = "X-Padding: " + String(repeating: "x", count: 4_000) + "\r\n"
      answer.moreLines = Array(String(repeating: line, count: 100).utf8)
    }
  }

  private func addOddLines(_ answer: inout WireAnswer, _ random: inout some RandomNumberGenerator) {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: answer.interim = Array("HTTP/1.1 103 Early Hints\r\nRetry-After: 1e400\r\nDate: 0\r\n\r\n".utf8)
    case 1: answer.moreLines = Array("X-Folded: one\r\n two\r\n\tthree\r\n".utf8)
    case 2: answer.moreLines = Array("X-Trace: ".utf8) + [0x1B, 0x5B, 0x33, 0x31, 0x6D, 0xFF, 0xFE, 0x07, 0x0D, 0x0A]
    case 3: answer.reason = "\u{1B}]0;title\u{7} \u{202E}yllaer"
    case 4: answer.moreLines = Array((0..<300).map { "X-Many-\($0): \($0)\r\n" }.joined().utf8)
    default: answer.set("x-cloud-trace-context", "\u{1B}[2J\u{1B}]8;;http://evil.example\u{7}trace")
    }
  }
}

/// Bodies that contradict the head.
extension Harm {
  private func damageBody(
    _ answer: inout WireAnswer, _ maxWait: Int64, _ random: inout some RandomNumberGenerator
  ) {
    answer.isUsual = self == .slowBody || self == .excessBody && answer.content.count < 2
    let count = answer.content.count
    switch self {
    case .cutBody: answer.cutBody()
    case .excessBody: (answer.length, answer.end) = (count / 2, .close)
    case .badGzip:
      answer.set("Content-Encoding", "gzip")
    case .cutGzip:
      let file = Gzip.stored(answer.content.bytes(in: 0..<count))
      answer.setContent(Array(file.prefix(Int.random(in: 1..<file.count, using: &random))))
      answer.set("Content-Encoding", "gzip")
    case .unknownEncoding:
      answer.set("Content-Encoding", ["zstd", "br", "\u{1B}[31m", "x-none"].randomElement(using: &random) ?? "")
    case .cutChunks, .badChunks:
      answer.length = nil
      answer.set("Transfer-Encoding", "chunked")
      let size = self == .badChunks ? "zz" : String(count + 10, radix: 16)
      answer.body = [.send(.bytes(Array("\(size)\r\n".utf8))), .send(answer.content)]
      answer.end = .close
    case .stalledBody:
      answer.body = [.send(answer.content.prefix(count / 2)), .pause(maxWait)]
      answer.end = .close
    default: answer.trickle(over: maxWait)
    }
  }
}
