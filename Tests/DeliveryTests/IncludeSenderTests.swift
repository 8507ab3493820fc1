import JSONSource
import Locking
import Rules
import Runs
import Storage
import TestSupport
import Testing
import ViAPI

@testable import Delivery

@Suite struct IncludeSenderTests {
  /// What the API has, and how often it was asked.
  private final class Extras: RunExtras {
    struct State {
      var models: [RunOutput] = []
      var log: [String] = []
      var failure: SourceError?
      var asked: [String] = []
    }

    let state = Locked(State())

    func outputs(of run: String) async throws(SourceError) -> [RunOutput] {
      let state = self.state.withLock {
        $0.asked.append("models of \(run)")
        return $0
      }
      if let failure = state.failure { throw failure }
      return state.models
    }

    func log(of run: String, lines: Int, timeout: Duration) async throws(SourceError) -> RunLog {
      let state = self.state.withLock {
        $0.asked.append("log of \(run)")
        return $0
      }
      if let failure = state.failure { throw failure }
      return RunLog(lines: state.log)
    }
  }

  private let extras = Extras()
  private let time = ManualTime()
  private var sender: IncludeSender { IncludeSender(source: extras, time: time.source) }

  private func delivery(_ event: String = "evt", phase: String = "succeeded") -> ClaimedDelivery {
    ClaimedDelivery(
      sequence: 1, id: "msg", eventID: event, runID: "run_1", rule: "r", action: "a.include",
      destination: .lane(.include),
      content: .include(IncludeCall([.metrics, .logs])), event: Array(#"{"data":{"phase":"\#(phase)"}}"#.utf8),
      continuation: nil, isOnce: false, attempt: 1, createdAt: time.now, retryFrom: time.now, attemptsBefore: 0,
      claimedAt: nil, timeout: nil, retryFor: nil, defers: false, form: nil, isStandard: false)
  }

  private func both() {
    extras.state.withLock {
      $0.models = [
        RunOutput(id: "old", epoch: 1), RunOutput(id: "new", epoch: 2, metrics: Array(#"{"loss":0.5}"#.utf8)),
      ]
      $0.log = ["one", "two"]
    }
  }

  @Test func `metrics of the newest model and the end of the log are handed on`() async {
    both()
    let result = await sender.attempt(delivery(), IncludeCall([.metrics, .logs]))
    #expect(result.outcome == .delivered)
    #expect(
      result.step.included.map { String(decoding: $0, as: UTF8.self) }
        == #"{"metrics":{"loss":0.5,"epoch":2},"metricsText":"epoch 2\nloss 0.5","logs":"one\ntwo"}"#)
  }

  @Test func `it is asked once, however many actions want it`() async {
    both()
    let sender = self.sender
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { [self] in _ = await sender.attempt(delivery(), IncludeCall([.metrics, .logs])) }
      }
    }
    #expect(extras.state.withLock { $0.asked.sorted() } == ["log of run_1", "models of run_1"])
    _ = await sender.attempt(delivery("another"), IncludeCall([.logs]))
    #expect(extras.state.withLock { $0.asked.count } == 3)
  }

  @Test func `a model that may still come is waited for two minutes, then the message goes without`() async {
    extras.state.withLock { $0.log = ["x"] }
    let (sender, delivery) = (sender, delivery())
    for _ in 0..<4 {
      #expect(await sender.attempt(delivery, IncludeCall([.metrics, .logs])).outcome == .retry(.notReady, after: nil))
      time.advance(by: .seconds(30))
    }
    let last = await sender.attempt(delivery, IncludeCall([.metrics, .logs]))
    #expect(last.outcome == .delivered)
    #expect(last.detail == "left out: no metrics")
    #expect(last.step.included.map { String(decoding: $0, as: UTF8.self) } == #"{"logs":"x"}"#)
    #expect(extras.state.withLock { $0.asked.filter { $0.hasPrefix("log") }.count } == 1, "what is there is kept")
  }

  @Test func `a failed run has no model to wait for, and an empty log is doubted for half a minute`() async {
    let (sender, delivery) = (sender, delivery(phase: "failed"))
    time.advance(by: .seconds(29))
    #expect(await sender.attempt(delivery, IncludeCall([.metrics, .logs])).outcome == .retry(.notReady, after: nil))
    time.advance(by: .seconds(1))
    #expect(await sender.attempt(delivery, IncludeCall([.metrics, .logs])).outcome == .delivered)
  }

  @Test func `an API that fails is asked again, and never keeps a message back for good`() async {
    extras.state.withLock { $0.failure = .failing(status: 503, message: "", retryAfter: nil, isCut: false) }
    let (sender, delivery) = (sender, delivery())
    #expect(await sender.attempt(delivery, IncludeCall([.logs])).outcome == .retry(.notReady, after: nil))
    time.advance(by: .seconds(119))
    #expect(await sender.attempt(delivery, IncludeCall([.logs])).outcome == .retry(.notReady, after: nil))
    time.advance(by: .seconds(1))
    let last = await sender.attempt(delivery, IncludeCall([.logs]))
    #expect(last.outcome == .delivered)
    #expect(last.step.included == Array("{}".utf8))
    #expect(last.detail.contains("503"), "\(last.detail)")
  }
}
