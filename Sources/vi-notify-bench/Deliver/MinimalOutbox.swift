import CCurl
import Glibc

/// Where the rows of a ``MinimalOutbox`` are. Nothing is done while it is asked.
protocol OutboxRows: AnyObject {
  func fill(_ count: Int, body: [UInt8])
  /// Up to 100 behind this one that have not been sent, in order.
  func waiting(after last: Int64) -> [(id: Int64, body: [UInt8])]
  /// Returns when that is on the disk.
  func settle(_ ids: [Int64])
}

/// The least that an outbox can be: one table, one loop, libcurl's multi handle; what ended is committed by up to 100, on
/// the disk before it counts. No signature, no log of attempts worth the name. The yardstick of ``DeliverBenchmarks`` and
/// ``PostgresBenchmarks``.
struct MinimalOutbox: ~Copyable {
  private static let maxAtOnce = 100

  private let rows: any OutboxRows
  private let multi = curl_multi_init()
  private let handles: [UnsafeMutableRawPointer?]
  private let headers: UnsafeMutablePointer<curl_slist>?

  init(_ rows: any OutboxRows, url: String, concurrency: Int) {
    self.rows = rows
    let headers = curl_slist_append(nil, "Content-Type: application/json")
    self.headers = headers
    handles = (0..<concurrency).map { index in
      let easy = curl_easy_init()
      ccurl_set_url(easy, url)
      ccurl_set_headers(easy, headers)
      ccurl_set_on_body(easy, { _, size, count, _ in size * count }, nil)
      ccurl_set_no_signal(easy, 1)
      ccurl_set_proxy(easy, "")
      ccurl_set_private(easy, UnsafeMutableRawPointer(bitPattern: index + 1))
      return easy
    }
  }

  deinit {
    for easy in handles { curl_easy_cleanup(easy) }
    curl_multi_cleanup(multi)
    curl_slist_free_all(headers)
  }

  /// Sends all there is.
  ///
  /// - Returns: how many were answered with 200.
  func run() -> Int {
    var (waiting, last, answered) = ([(id: Int64, body: [UInt8])](), Int64(0), 0)
    var (ended, free) = ([Int64](), handles)
    var underWay = [Int64](repeating: 0, count: handles.count + 1)
    while true {
      if waiting.isEmpty {
        waiting = rows.waiting(after: last).reversed()
        last = waiting.first?.id ?? last
      }
      while let easy = free.last, let next = waiting.popLast() {
        free.removeLast()
        next.body.withUnsafeBytes { _ = ccurl_set_body(easy, $0.baseAddress, $0.count) }
        underWay[slot(of: easy)] = next.id
        curl_multi_add_handle(multi, easy)
      }
      let isIdle = free.count == handles.count && waiting.isEmpty
      if ended.count >= Self.maxAtOnce || isIdle {
        rows.settle(ended)
        ended = []
      }
      if isIdle { return answered }
      var (running, left): (Int32, Int32) = (0, 0)
      curl_multi_perform(multi, &running)
      while let message = curl_multi_info_read(multi, &left)?.pointee, let easy = message.easy_handle {
        var status = 0
        if ccurl_get_status(easy, &status) == CURLE_OK, status == 200 { answered += 1 }
        ended.append(underWay[slot(of: easy)])
        curl_multi_remove_handle(multi, easy)
        free.append(easy)
      }
      if free.isEmpty { curl_multi_poll(multi, nil, 0, 100, nil) }
    }
  }

  private func slot(of easy: UnsafeMutableRawPointer?) -> Int {
    var value: UnsafeMutableRawPointer?
    ccurl_get_private(easy, &value)
    return Int(bitPattern: value)
  }
}
