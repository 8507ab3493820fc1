import CCurl
import Testing

@testable import Transport

/// What the local server can't bring about, or not for certain.
struct TransferResultTests {
  private func ending(_ code: CURLcode, _ change: (inout TransferResult) -> Void = { _ in }) -> TransportError? {
    var ending = TransferResult(code: code, host: "host")
    change(&ending)
    return ending.error
  }

  @Test func `a stream reset after the answer leaves the answer standing`() {
    #expect(ending(CURLE_HTTP2_STREAM) { $0.status = 200 } == nil)
    #expect(ending(CURLE_HTTP2_STREAM) { $0.status = 503 } == nil)
    #expect(ending(CURLE_HTTP2_STREAM) { ($0.status, $0.declaredBytes, $0.receivedBytes) = (200, 5, 5) } == nil)
  }

  @Test func `a stream reset before the end of the answer cuts it short`() {
    #expect(ending(CURLE_HTTP2_STREAM) == .cutShort)
    #expect(ending(CURLE_HTTP2_STREAM) { ($0.status, $0.declaredBytes, $0.receivedBytes) = (200, 5, 4) } == .cutShort)
  }

  @Test func `a certificate that fails is TLS with its reason`() {
    let error = ending(CURLE_PEER_FAILED_VERIFICATION) { $0.detail = "certificate has\nexpired" }
    #expect(error?.description == "no secure connection to host: certificate has expired")
    #expect(ending(CURLE_SSL_CACERT_BADFILE)?.label == "tls")
  }

  @Test func `time that ran out is told apart by what had been reached`() {
    #expect(ending(CURLE_OPERATION_TIMEDOUT) == .timedOut(host: "host", stage: .connecting))
    #expect(ending(CURLE_OPERATION_TIMEDOUT) { $0.wasConnected = true } == .stalled)
    let late = ending(CURLE_OPERATION_TIMEDOUT) { ($0.wasConnected, $0.isOutOfTime) = (true, true) }
    #expect(late == .timedOut(host: "host", stage: .answering))
  }

  @Test func `what has no case of its own keeps its code and a fixed text`() {
    let error = ending(CURLE_OUT_OF_MEMORY) { $0.detail = "http://host/hidden" }
    #expect(error == .other(code: 27, text: "Out of memory"))
  }
}
