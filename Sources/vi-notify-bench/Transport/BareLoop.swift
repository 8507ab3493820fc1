import CCurl
import Glibc

/// The least that libcurl can send the same requests with: handles made once, one multi handle, no queue and no other thread. The yardstick
/// of ``TransportBenchmarks``.
struct BareLoop: ~Copyable {
  private let multi = curl_multi_init()
  private let handles: [UnsafeMutableRawPointer?]
  private let headers: UnsafeMutablePointer<curl_slist>?

  init(url: String, body: [UInt8], concurrency: Int) {
    let headers = curl_slist_append(curl_slist_append(nil, "Expect:"), "Content-Type: application/json")
    handles = (0..<concurrency).map { _ in
      let easy = curl_easy_init()
      ccurl_set_url(easy, url)
      body.withUnsafeBytes { _ = ccurl_set_body(easy, $0.baseAddress, $0.count) }
      ccurl_set_on_body(easy, { _, size, count, _ in size * count }, nil)
      ccurl_set_headers(easy, headers)
      ccurl_set_accept_encoding(easy, "")
      ccurl_set_no_signal(easy, 1)
      ccurl_set_proxy(easy, "")
      return easy
    }
    self.headers = headers
  }

  deinit {
    for easy in handles { curl_easy_cleanup(easy) }
    curl_multi_cleanup(multi)
    curl_slist_free_all(headers)
  }

  /// Sends `count` requests, as many at once as there are handles.
  ///
  /// - Returns: how many were answered with 200.
  func run(_ count: Int) -> Int {
    var (started, ended, answered) = (min(count, handles.count), 0, 0)
    for easy in handles.prefix(count) { curl_multi_add_handle(multi, easy) }
    while ended < count {
      var (running, left): (Int32, Int32) = (0, 0)
      curl_multi_perform(multi, &running)
      while let message = curl_multi_info_read(multi, &left)?.pointee, let easy = message.easy_handle {
        ended += 1
        var status = 0
        if ccurl_get_status(easy, &status) == CURLE_OK, status == 200 { answered += 1 }
        curl_multi_remove_handle(multi, easy)
        if started < count {
          started += 1
          curl_multi_add_handle(multi, easy)
        }
      }
      if ended < count { curl_multi_poll(multi, nil, 0, 100, nil) }
    }
    return answered
  }
}
