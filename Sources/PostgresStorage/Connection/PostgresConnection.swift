internal import CPostgres
import Glibc
internal import Runs

/// One connection to the server, for the thread that has made it.
///
/// Every call sends, waits for the answer no longer than its patience, and returns it whole. It relies on nothing that a server's
/// session keeps between two transactions, so a pooler may stand in between: no prepared statements, no settings but `SET LOCAL`.
final class PostgresConnection {
  /// Until a connection is made, from the first name that is looked up.
  static let connectTime: Duration = .seconds(10)

  private let handle: OpaquePointer
  private let target: PostgresTarget
  private let patience: Patience
  /// Of one call.
  private let limit: Duration

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

  /// Carries out statements without parameters, one after the other. Returns the rows of each, as texts.
  @discardableResult
  func script(_ script: String) throws -> [[[String?]]] {
    guard cpostgres_send_script(handle, script) else { throw lost() }
    return try answers().map { answer in
      (0..<answer.count).map { row in (0..<answer.columns).map { answer.text(row, $0) } }
    }
  }

  /// Carries out one statement.
  func run(_ statement: Statement) throws -> Answer {
    let (text, parameters) = statement.rendered
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
      return cpostgres_send(
        handle, text, Int32(parameters.count), parameters.map(\.type), pointers, lengths, parameters.map { _ in 1 })
    }
    guard isSent else { throw lost() }
    guard let answer = try answers().last else { throw PostgresFault.away(why: "the server gave no answer") }
    return answer
  }

  private func answers() throws -> [Answer] {
    let call = Call(limit: limit)
    try flush(call)
    var (found, refusal) = ([Answer](), PostgresFault?.none)
    while let answer = try next(call) {
      switch Int(cpostgres_status(answer.result)) {
      case CPOSTGRES_RESULT_EMPTY, CPOSTGRES_RESULT_COMMAND, CPOSTGRES_RESULT_ROWS: found.append(answer)
      default:
        // The first tells why; a connection that dies may add that it is dead.
        refusal = refusal ?? self.refusal(answer)
        if !isOpen { throw refusal ?? lost() }
      }
    }
    if let refusal { throw refusal }
    return found
  }

  private func flush(_ call: Call) throws {
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

  private func next(_ call: Call) throws -> Answer? {
    while cpostgres_is_busy(handle) {
      guard try wait(for: Int16(POLLIN), call) else { throw tooSlow() }
      guard cpostgres_consume(handle) else { throw lost() }
    }
    return cpostgres_next(handle).map(Answer.init)
  }

  /// False: too late. It is looked now and then whether the process is about to end.
  private func wait(for events: Int16, _ call: Call) throws -> Bool {
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
    return .refused(state: String(cString: state), message: target.redacted(String(cString: message)))
  }

  private func tooSlow() -> PostgresFault { .away(why: "the server didn't answer in time") }

  private func lost() -> PostgresFault {
    let lines = String(cString: cpostgres_message(handle)).split(separator: "\n")
    let words = lines.map { $0.drop { $0 == " " || $0 == "\t" } }.filter { !$0.isEmpty }.joined(separator: " ")
    return .away(why: words.isEmpty ? "the connection was lost" : target.redacted(String(words.prefix(400))))
  }
}

private struct Call {
  let start = TimeSource.system.uptime()
  let limit: Duration
}

/// What a statement has brought.
final class Answer {
  fileprivate let result: OpaquePointer
  let count: Int
  let columns: Int
  private(set) lazy var places: [String: Int] = {
    let names = (0..<columns).map { cpostgres_column(result, Int32($0)).map { String(cString: $0) } ?? "" }
    return Dictionary(zip(names, names.indices)) { first, _ in first }
  }()

  fileprivate init(_ result: OpaquePointer) {
    self.result = result
    (count, columns) = (Int(cpostgres_rows(result)), Int(cpostgres_columns(result)))
  }

  deinit { cpostgres_clear(result) }

  /// Rows that were changed; 0 for a statement that changes none.
  var changed: Int { cpostgres_changed(result).flatMap { Int(String(cString: $0)) } ?? 0 }

  func type(_ column: Int) -> UInt32 { cpostgres_type(result, Int32(column)) }

  /// Nil: NULL.
  func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
    let (row, column) = (Int32(row), Int32(column))
    guard !cpostgres_is_null(result, row, column) else { return nil }
    return UnsafeRawBufferPointer(
      start: cpostgres_value(result, row, column), count: Int(cpostgres_length(result, row, column)))
  }

  fileprivate func text(_ row: Int, _ column: Int) -> String? {
    bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
  }
}
