internal import CPostgres
import Glibc
internal import Runs

/// One connection to the server, for the thread that has made it.
///
/// Every call sends, waits for the answer no longer than its patience, and returns it whole. It relies on nothing that a server's
/// session keeps between two transactions, so a pooler may stand in between: no prepared statements unless it is seen that none does
/// (``keepsStatements``), no settings but those of a transaction.
final class PostgresConnection {
  /// Until a connection is made, from the first name that is looked up.
  static let connectTime: Duration = .seconds(10)

  private let handle: OpaquePointer
  private let target: PostgresTarget
  private let patience: Patience
  /// Of one call.
  private let limit: Duration
  /// What goes with the next call; see ``begin(_:_:)``.
  private var opening: Opening?
  /// The session at the server is ours alone, so that it may keep statements: a pooler gives it to others in between, and before version
  /// 1.21 PgBouncer knows nothing of them.
  private(set) var keepsStatements = false
  /// Names by texts.
  private var kept: [String: String] = [:]

  private struct Opening {
    let statements: [Statement]
    let check: ([Answer]) throws -> Void
  }

  /// - Parameters:
  ///   - writes: the server must let us write.
  ///   - limit: of one call later on.
  /// - Throws: ``PostgresFault``.
  init(_ target: PostgresTarget, writes: Bool, patience: Patience, limit: Duration) throws {
    let pairs = target.keywords(writes: writes)
    let keywords = pairs.map { strdup($0.0) }
    let values = pairs.map { strdup($0.1) }
    defer { for text in keywords + values { free(text) } }
    let handle = (keywords + [nil]).map { UnsafePointer($0) }.withUnsafeBufferPointer { keywords in
      (values + [nil]).map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
        cpostgres_start(keywords.baseAddress, values.baseAddress)
      }
    }
    guard let handle else { throw PostgresFault.away(why: "there is no memory for a connection") }
    (self.handle, self.target, self.patience, self.limit) = (handle, target, patience, limit)
    try connect()
  }

  deinit { cpostgres_close(handle) }

  /// False: nothing can be asked any more.
  var isOpen: Bool { cpostgres_is_open(handle) }

  /// Such as 150017.
  var version: Int { Int(cpostgres_version(handle)) }

  /// The server's process, or a pooler's number for this client.
  var backend: Int64 { Int64(cpostgres_backend(handle)) }

  /// What others have told by NOTIFY since this was asked last, in any channel that is listened to. Waits for it, or for something to read
  /// from `bell`.
  func notifications(or bell: Int32) throws -> [String] {
    var found = taken()
    if !found.isEmpty { return found }
    var entries = [
      pollfd(fd: cpostgres_socket(handle), events: Int16(POLLIN), revents: 0),
      pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&entries, 2, -1)
    if count < 0, errno != EINTR { throw PostgresFault.away(why: String(cString: strerror(errno))) }
    if entries[0].revents != 0 {
      guard cpostgres_consume(handle), isOpen else { throw lost() }
      found = taken()
    }
    return found
  }

  private func taken() -> [String] {
    var found: [String] = []
    while let payload = cpostgres_notification(handle) {
      found.append(String(cString: payload))
      free(payload)
    }
    return found
  }

  private func connect() throws {
    let call = Call(limit: Self.connectTime)
    var wish = CPOSTGRES_POLL_WRITING
    while wish != CPOSTGRES_POLL_OK {
      guard wish != CPOSTGRES_POLL_FAILED, cpostgres_socket(handle) >= 0 else { throw lost() }
      let events = wish == CPOSTGRES_POLL_READING ? POLLIN : POLLOUT
      guard try wait(for: Int16(events), call) else {
        throw PostgresFault.away(why: "no connection was made within \(Self.connectTime.components.seconds) s")
      }
      wish = Int(cpostgres_poll(handle))
    }
  }

  /// What every transaction begins with goes to the server together with its first statements: a round trip of its own would be a third of
  /// what a short one takes.
  ///
  /// - Parameter check: is given the answers. What it throws is thrown by the call with which they came, whose own statements may
  ///   have been carried out by then; that transaction must be undone.
  func begin(_ statements: [Statement], _ check: @escaping ([Answer]) throws -> Void) {
    opening = Opening(statements: statements, check: check)
  }

  /// Sends what a transaction begins with, unless that has been sent.
  func open() throws {
    if opening != nil { _ = try run([]) }
  }

  /// Ends a transaction and all that it did, at the server only if that knows of it.
  func undo() throws {
    if opening != nil {
      opening = nil
    } else {
      try script("ROLLBACK")
    }
  }

  /// From now on the server keeps statements. It plans them anew each time: a plan that was made for an empty outbox would read the whole of
  /// a full one, until somebody counts its rows.
  func keepStatements() throws {
    try script("SET plan_cache_mode = force_custom_plan")
    keepsStatements = true
  }

  /// Carries out statements without parameters, one after the other. Returns the rows of each, as texts.
  @discardableResult
  func script(_ script: String) throws -> [[[String?]]] {
    try open()
    guard cpostgres_send_script(handle, script) else { throw lost() }
    let call = Call(limit: limit)
    try flush(call)
    return try answers(call).map { answer in
      (0..<answer.count).map { row in (0..<answer.columns).map { answer.text(row, $0) } }
    }
  }

  /// Carries out one statement.
  func run(_ statement: Statement) throws -> Answer {
    let rendered = Rendered(statement)
    if opening != nil || isNew(rendered) { return try run([statement])[0] }
    try send(rendered)
    let call = Call(limit: limit)
    try flush(call)
    guard let answer = try answers(call).last else { throw noAnswer }
    return answer
  }

  /// Carries out statements one after the other, with one round trip for all. Each sees what those before it have done; after one that is refused
  /// none is carried out.
  func run(_ statements: [Statement]) throws -> [Answer] {
    let opening = opening
    self.opening = nil
    let before = opening?.statements ?? []
    guard cpostgres_enter_pipeline(handle) else { throw lost() }
    /// Nil: a statement; else the text of one that is prepared.
    var steps: [String?] = []
    for statement in (before + statements).map(Rendered.init) {
      if isNew(statement), !steps.contains(statement.text) {
        try prepare(statement)
        steps.append(statement.text)
      }
      try send(statement)
      steps.append(nil)
    }
    guard cpostgres_sync(handle) else { throw lost() }
    let call = Call(limit: limit)
    try flush(call)
    var (found, refusal) = ([Answer](), PostgresFault?.none)
    for prepared in steps {
      do throws(PostgresFault) {
        guard let answer = try answers(call).last else { continue }
        if let prepared { kept[prepared] = Self.name(of: prepared) } else { found.append(answer) }
      } catch {
        guard case .refused = error, isOpen else { throw error }
        refusal = refusal ?? error
      }
    }
    // The mark has an answer, and nothing follows it.
    _ = try answers(call)
    guard cpostgres_exit_pipeline(handle) else { throw lost() }
    if let opening, found.count >= before.count { try opening.check(Array(found[..<before.count])) }
    if let refusal { throw refusal }
    guard found.count == before.count + statements.count else { throw noAnswer }
    return Array(found[before.count...])
  }

  /// Whether the server is to keep it, and doesn't yet.
  private func isNew(_ statement: Rendered) -> Bool {
    statement.isKept && keepsStatements && kept[statement.text] == nil
  }

  /// From its words, for a call that was refused may have prepared it or not.
  private static func name(of text: String) -> String { "vi_" + RunEvent.digest([text]) }

  private func prepare(_ statement: Rendered) throws {
    guard
      cpostgres_prepare(
        handle, Self.name(of: statement.text), statement.text, Int32(statement.parameters.count),
        statement.parameters.map(\.type))
    else { throw lost() }
  }

  private func send(_ statement: Rendered) throws {
    let name = statement.isKept && keepsStatements ? kept[statement.text] ?? Self.name(of: statement.text) : nil
    let parameters = statement.parameters
    var (bytes, offsets, lengths) = ([UInt8](), [Int?](), [Int32]())
    for parameter in parameters {
      let start = bytes.count
      offsets.append(parameter.encode(into: &bytes) ? start : nil)
      lengths.append(Int32(bytes.count - start))
    }
    // An empty value has a place, too.
    bytes.append(0)
    let isSent = bytes.withUnsafeBytes { buffer in
      let pointers = offsets.map { offset in
        offset.flatMap { buffer.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
      }
      let (count, formats) = (Int32(parameters.count), parameters.map { _ in Int32(1) })
      if let name { return cpostgres_send_prepared(handle, name, count, pointers, lengths, formats) }
      return cpostgres_send(handle, statement.text, count, parameters.map(\.type), pointers, lengths, formats)
    }
    guard isSent else { throw lost() }
  }

  /// Up to the end of what was sent, or of one statement of several that were sent together.
  private func answers(_ call: Call) throws(PostgresFault) -> [Answer] {
    var (found, refusal) = ([Answer](), PostgresFault?.none)
    while let answer = try next(call) {
      switch Int(cpostgres_status(answer.result)) {
      case CPOSTGRES_RESULT_EMPTY, CPOSTGRES_RESULT_COMMAND, CPOSTGRES_RESULT_ROWS: found.append(answer)
      case CPOSTGRES_RESULT_SYNC: return found
      case CPOSTGRES_RESULT_ABORTED: break
      default:
        // The first tells why; a connection that dies may add that it is dead.
        refusal = refusal ?? self.refusal(answer)
        if !isOpen { throw refusal ?? lost() }
      }
    }
    if let refusal { throw refusal }
    return found
  }

  private func flush(_ call: Call) throws(PostgresFault) {
    while true {
      switch cpostgres_flush(handle) {
      case 0: return
      case 1:
        guard try wait(for: Int16(POLLIN | POLLOUT), call) else { throw tooSlow() }
        guard cpostgres_consume(handle) else { throw lost() }
      default: throw lost()
      }
    }
  }

  private func next(_ call: Call) throws(PostgresFault) -> Answer? {
    while cpostgres_is_busy(handle) {
      guard try wait(for: Int16(POLLIN), call) else { throw tooSlow() }
      guard cpostgres_consume(handle) else { throw lost() }
    }
    return cpostgres_next(handle).map(Answer.init)
  }

  /// False: too late. It is looked now and then whether the process is about to end.
  private func wait(for events: Int16, _ call: Call) throws(PostgresFault) -> Bool {
    while true {
      let left = patience.deadline(of: call.start, limit: call.limit) - TimeSource.system.uptime()
      var entry = pollfd(fd: cpostgres_socket(handle), events: events, revents: 0)
      let count = poll(&entry, 1, Int32(clamping: max(0, min(250, left.milliseconds + 1))))
      if count > 0 { return true }
      if count < 0, errno != EINTR { throw PostgresFault.away(why: String(cString: strerror(errno))) }
      if count == 0, left <= .zero { return false }
    }
  }

  private func refusal(_ answer: Answer) -> PostgresFault {
    guard let state = cpostgres_field(answer.result, Int32(CPOSTGRES_FIELD_STATE)),
      let message = cpostgres_field(answer.result, Int32(CPOSTGRES_FIELD_MESSAGE))
    else { return lost() }
    let code = String(cString: state)
    if PostgresFault.isOfKept(code) { keepsStatements = false }
    return .refused(state: code, message: target.redacted(String(cString: message)))
  }

  private var noAnswer: PostgresFault { .away(why: "the server gave no answer") }

  private func tooSlow() -> PostgresFault { .away(why: "the server didn't answer in time") }

  private func lost() -> PostgresFault {
    let lines = String(cString: cpostgres_message(handle)).split(separator: "\n")
    let words = lines.map { $0.drop { $0 == " " || $0 == "\t" } }.filter { !$0.isEmpty }.joined(separator: " ")
    return .away(why: words.isEmpty ? "the connection was lost" : target.redacted(String(words.prefix(400))))
  }
}

private struct Rendered {
  let text: String
  let parameters: [Parameter]
  let isKept: Bool

  init(_ statement: Statement) {
    (text, parameters) = statement.rendered
    isKept = statement.isKept
  }
}

private struct Call {
  let start = TimeSource.system.uptime()
  let limit: Duration
}
