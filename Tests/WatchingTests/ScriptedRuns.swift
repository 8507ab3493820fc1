import Locking
import Runs
import TestSupport
import ViAPI

/// Named runs, answered by a function of the run and of the seconds since the first question.
final class ScriptedRuns: RunSource {
  struct Question: Equatable {
    let run: String
    let second: Int64
    let isFresh: Bool
  }

  let origin = RunEvent.Origin(organization: "org", endpoint: "https://vi.example")
  let clockSkew = Duration.zero
  private let time: ManualTime
  private let begin: Duration
  private let questions = Locked<[Question]>([])
  private let answer: @Sendable (String, Int64) -> Result<String, SourceError>

  /// - Parameter answer: a run's phase, in the documented dialect's word.
  init(_ time: ManualTime, answer: @escaping @Sendable (String, Int64) -> Result<String, SourceError>) {
    (self.time, self.answer) = (time, answer)
    begin = time.uptime
  }

  var asked: [Question] { questions.withLock { $0 } }

  func page(token: String?, size: Int, timeout: Duration) async throws(SourceError) -> PageAnswer {
    PageAnswer(bytes: Array("{}".utf8))
  }

  func run(id: String, timeout: Duration, isFresh: Bool) async throws(SourceError) -> Run {
    let second = (time.uptime - begin).milliseconds / 1000
    questions.withLock { $0.append(Question(run: id, second: second, isFresh: isFresh)) }
    let word = try answer(id, second).get()
    let entry = #"{"condition":"\#(word)","status":"Reached","lastTransitionTime":\#(1_766_000_000_000 + second)}"#
    do throws(MalformedRun) {
      return try Run(parsing: Array(#"{"runId":"\#(id)","status":{"conditions":[\#(entry)]}}"#.utf8))
    } catch {
      throw .unreadable(error)
    }
  }
}
