import Glibc

/// A Vi API for benches: lists of runs on 127.0.0.1, with every document made before it is asked for, on one thread.
///
/// `vi-notify-bench serve-runs COUNT MOVING [PAGE]` prints the port as one line. Then it obeys its standard input, a command
/// a line, each answered by a line: `change all|moving`, `create N`, `end N`, `delete N`: `ok`; `count`: requests and bytes so far;
/// `arm`: no answer until the next request comes, then its time by the monotonic clock in nanoseconds. It ends when its input is
/// closed. It is a process of its own so that its CPU time is not the watcher's; ``RunListProcess`` starts it.
struct RunListServer: ~Copyable {
  private let listener: Int32
  private let port: UInt16
  private let largestPage: Int
  private var listing: RunListing
  /// Standard input, the listener, then the connections.
  private var polled: [pollfd]
  private var requests = 0
  private var bytes = 0
  private var isArmed = false
  private var answer: [UInt8] = []
  private var body: [UInt8] = []

  /// - Parameter arguments: COUNT MOVING [PAGE].
  init?(_ arguments: some Collection<String>) throws(ServerFailure) {
    let numbers = arguments.compactMap { Int($0) }
    guard numbers.count == arguments.count, (2...3).contains(numbers.count) else { return nil }
    (listener, port) = try listenOnLoopback()
    largestPage = numbers.count == 3 ? numbers[2] : 100
    listing = RunListing(count: numbers[0], moving: numbers[1])
    polled = [0, listener].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  }

  mutating func run() {
    print(port)
    fflush(nil)
    while poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR {
      if polled[0].revents != 0, !obey() { return }
      for index in (2..<polled.count).reversed() where polled[index].revents != 0 && !serve(polled[index].fd) {
        close(polled[index].fd)
        polled.remove(at: index)
      }
      if polled[1].revents != 0 { welcome() }
    }
  }

  /// Commands are short and come one at a time, so that each is read in one piece.
  private mutating func obey() -> Bool {
    guard let text = readText(0), let words = text.split(separator: "\n").first?.split(separator: " ") else {
      return false
    }
    let count = words.count > 1 ? Int(words[1]) ?? 0 : 0
    switch words.first {
    case "change": if words.last == "all" { listing.changeAll() } else { listing.changeOneMoving() }
    case "create": listing.create(count)
    case "end": listing.end(count)
    case "delete": listing.delete(count)
    case "arm": isArmed = true
    default: break
    }
    if !isArmed { say(words.first == "count" ? "\(requests) \(bytes)" : "ok") }
    return true
  }

  private mutating func welcome() {
    let descriptor = accept(listener, nil, nil)
    guard descriptor >= 0 else { return }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
  }

  /// The clients of this server send the next request when they have read the answer, so that a request comes in one piece
  /// and alone, and writing may block.
  private mutating func serve(_ descriptor: Int32) -> Bool {
    guard let head = readText(descriptor), let target = head.split(separator: " ").dropFirst().first else {
      return false
    }
    if isArmed { say("\(Stopwatch.nanoseconds)") }
    isArmed = false
    let isFound = write(target)
    let status = isFound ? "200 OK" : "404 Not Found"
    let fields = "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
    answer.removeAll(keepingCapacity: true)
    answer.append(contentsOf: Array(fields.utf8))
    answer.append(contentsOf: body)
    requests += 1
    bytes += answer.count
    return sendAll(descriptor)
  }

  /// - Parameter target: `…/runs?p=OFFSET&s=SIZE` or `…/runs/ID`.
  private mutating func write(_ target: Substring) -> Bool {
    body.removeAll(keepingCapacity: true)
    let parts = target.split(separator: "?")
    guard let path = parts.first, let name = path.split(separator: "/").last else { return false }
    guard name == "runs" else {
      guard let document = listing.document(id: name) else { return false }
      body.append(contentsOf: document)
      return true
    }
    var (offset, size) = (0, 10)
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
      if pair.hasPrefix("p=") { offset = Int(pair.dropFirst(2)) ?? 0 }
      if pair.hasPrefix("s=") { size = Int(pair.dropFirst(2)) ?? size }
    }
    listing.writePage(offset: offset, size: min(size, largestPage), into: &body)
    return true
  }

  private func sendAll(_ descriptor: Int32) -> Bool {
    answer.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }

  private func readText(_ descriptor: Int32) -> String? {
    withUnsafeTemporaryAllocation(byteCount: 8_192, alignment: 8) { buffer in
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
  }

  private func say(_ text: String) {
    print(text)
    fflush(nil)
  }
}
