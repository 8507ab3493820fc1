import Locking
import Runs
import TestSupport
import Testing
import Transport
import ViAPI

/// `runs wait`, on a clock that is moved by hand.
@Suite(.timeLimit(.minutes(6))) struct RunWaiterTests {
  private let time = ManualTime()

  private func wait(
    _ ids: [String] = ["a"], timeout: Duration? = nil,
    answer: @escaping @Sendable (String, Int64) -> Result<String, SourceError>
  ) async throws -> RunWaiter.Result {
    let time = time
    let waiter = RunWaiter(
      source: ScriptedRuns(time, answer: answer), time: time.source, timeout: timeout, say: { _ in },
      rest: { pause, _ in time.advance(by: pause) })
    return try await waiter.wait(for: ids)
  }

  private var passed: Int64 { (time.uptime - .seconds(1_000)).milliseconds / 1000 }

  private static let refused = SourceError.refused(status: 401, message: "")
  private static let passing = SourceError.failing(status: 503, message: "", retryAfter: nil)

  @Test func `what does not pass by itself is given up after five minutes with nothing else`() async throws {
    let error = await #expect(throws: SourceError.self) {
      _ = try await wait { _, second in second == 0 ? .success("Running") : .failure(Self.refused) }
    }
    if case .refused = error {} else { Issue.record("\(String(describing: error))") }
    #expect((300...315).contains(passed))
  }

  @Test func `that a run is gone is believed after two minutes`() async throws {
    await #expect(throws: SourceError.self) {
      _ = try await wait { id, second in second == 0 ? .success("Running") : .failure(.noSuchRun(id: id)) }
    }
    #expect((120...135).contains(passed))
  }

  @Test func `an outage of hours is waited out`() async throws {
    let result = try await wait { _, second in
      second == 0 ? .success("Running") : second < 10_000 ? .failure(Self.passing) : .success("Succeeded")
    }
    #expect(result.runs.map(\.reading.phase) == [.succeeded])
  }

  @Test func `where nothing was ever read, half a minute is waited for an answer`() async throws {
    await #expect(throws: SourceError.self) { _ = try await wait { _, _ in .failure(Self.passing) } }
    #expect((20...40).contains(passed))
  }

  @Test func `the time is measured by the uptime, whatever becomes of the wall clock`() async throws {
    let time = time
    let result = try await wait(timeout: .seconds(60)) { _, second in
      if second > 5 { time.stepWall(by: .seconds(-3_600)) }
      return .success("Running")
    }
    #expect(result.isTimedOut)
    #expect(passed == 60)
  }

  @Test func `a key that worked for one run is not disbelieved at once for another`() async throws {
    let result = try await wait(["a", "b"]) { id, second in
      id == "b" && second < 3 ? .failure(Self.refused) : .success("Cancelled")
    }
    #expect(result.runs.count == 2)
  }
}

@Suite(.timeLimit(.minutes(6))) struct PatientQuestionTests {
  private func ask(
    _ answers: [SourceError], said: Locked<Int> = Locked(0)
  ) async throws -> (passed: Duration, error: SourceError?, asked: Int) {
    let time = ManualTime()
    let begin = time.uptime
    let source = TimeSource(now: { time.now }, uptime: { time.uptime }, sleep: { time.advance(by: $0) })
    let asked = Locked(0)
    let question = PatientQuestion(time: source) { _ in said.withLock { $0 += 1 } }
    var failure: SourceError?
    do {
      try await question.ask { () async throws(SourceError) in
        let number = asked.withLock { count in
          defer { count += 1 }
          return count
        }
        if number < answers.count { throw answers[number] }
      }
    } catch let error as SourceError {
      failure = error
    }
    return (time.uptime - begin, failure, asked.withLock { $0 })
  }

  private static let passing = SourceError.failing(status: 503, message: "", retryAfter: nil)

  @Test func `what passes is asked again for thirty seconds, and not longer`() async throws {
    let some = try await ask([Self.passing, .rateLimited(retryAfter: .seconds(20))])
    #expect(some.error == nil)
    #expect(some.passed == .seconds(21))
    let said = Locked(0)
    let never = try await ask(Array(repeating: Self.passing, count: 100), said: said)
    #expect(never.error != nil)
    #expect(never.passed == .seconds(30))
    #expect(said.withLock { $0 } == never.asked - 1)
  }

  @Test func `what does not pass, and what asks for more time than there is, is not asked again`() async throws {
    let errors: [SourceError] = [
      .refused(status: 401, message: ""), .notVi(""), .noSuchRun(id: "a"), .rateLimited(retryAfter: .seconds(31)),
      .unreachable(.tls(host: "h", detail: "")),
    ]
    for error in errors { #expect(try await ask([error]).asked == 1) }
  }
}
