import Testing
import WireTime

@testable import Transport

@Suite struct ForeignTimeTests {
  private static let now: Int64 = 1_766_000_000_000

  private func answer(_ name: String, _ value: String) -> HTTPResponse {
    HTTPResponse(status: 503, headers: HTTPHeaders([(name, value)]))
  }

  @Test(arguments: [
    "Thu, 01 Jan 300000000 00:00:00 GMT", "Thu, 01 Jan 2147485547 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT",
    "Sun, 06 Nov 9999999999999999999 08:49:37 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
    "1e400",
    "-1e400", "nan", "9223372036854775807", "-9223372036854775808", "1000000000", "-0", "",
  ])
  func `no date and no wait can end us, and no wait lasts longer than its bound`(_ text: String) {
    for now in [Self.now, .min, .max, 0] {
      for asker in WireWait.Asker.allCases {
        let wait = answer("Retry-After", text).retryAfter(now: now, by: asker)
        #expect((.zero...asker.longest).contains(wait?.duration ?? .zero))
      }
    }
    if let date = answer("Date", text).date {
      #expect((WireMoment.earliest...WireMoment.latest + 500).contains(date))
    }
  }

  @Test func `a wait of a sane answer is as it was asked for`() {
    #expect(answer("Retry-After", "7").retryAfter(now: Self.now, by: .api)?.duration == .seconds(7))
    let later = answer("Retry-After", "Wed, 17 Dec 2025 19:34:20 GMT").retryAfter(now: Self.now, by: .api)
    #expect(later?.duration == .seconds(60) && later?.isCut == false)
    let long = answer("Retry-After", "1000000000").retryAfter(now: Self.now, by: .api)
    #expect(long?.duration == .seconds(900) && long?.isCut == true)
    #expect(answer("Retry-After", "soon").retryAfter(now: Self.now, by: .api) == nil)
    #expect(answer("Date", "Wed, 17 Dec 2025 19:33:20 GMT").date == Self.now + 500)
  }
}
