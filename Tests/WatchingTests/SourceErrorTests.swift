import Runs
import Testing
import Transport
import ViAPI

@testable import Watching

@Suite struct SourceErrorTests {
  private let failing = SourceError.failing(status: 500, message: "", retryAfter: nil)

  private func pause(
    _ error: SourceError, planned: Duration, interval: Duration = .seconds(30), failures: Int = 4
  ) -> Duration {
    error.pause(planned: planned, interval: interval, failures: failures)
  }

  @Test func `Retry-After wins over the plan when it is longer`() {
    #expect(pause(.rateLimited(retryAfter: .seconds(900)), planned: .seconds(2)) == .seconds(900))
    #expect(pause(.rateLimited(retryAfter: .seconds(1)), planned: .seconds(2)) == .seconds(2))
    #expect(pause(failing, planned: .seconds(2)) == .seconds(2))
  }

  @Test func `that credentials are refused is not believed at once`() {
    for failures in 1...3 {
      #expect(pause(.refused(status: 401, message: ""), planned: .seconds(2), failures: failures) == .seconds(2))
    }
  }

  @Test func `refused credentials are tried every five minutes`() {
    #expect(pause(.refused(status: 401, message: ""), planned: .seconds(1)) == .seconds(300))
    #expect(pause(.refused(status: 403, message: ""), planned: .seconds(1), interval: .seconds(900)) == .seconds(900))
  }
}
