import Locking
import Runs
import ViAPI

@testable import Watching

/// A source whose every page is what a closure makes of its token and size.
final class ScriptedPages: RunSource {
  typealias Page = @Sendable (_ token: String?, _ size: Int) throws(SourceError) -> String

  private let answer: Page
  private let requests = Locked<[String]>([])

  init(_ answer: @escaping Page) { self.answer = answer }

  let origin = RunEvent.Origin(organization: "org", endpoint: "https://vi.example")
  let clockSkew = Duration.zero

  /// Token and size of each, in their order: `- 100`.
  var asked: [String] { requests.withLock { $0 } }

  func page(token: String?, size: Int, timeout: Duration) async throws(SourceError) -> PageAnswer {
    requests.withLock { $0.append("\(token ?? "-") \(size)") }
    return PageAnswer(bytes: Array(try answer(token, size).utf8))
  }

  func run(id: String, timeout: Duration, isFresh: Bool) async throws(SourceError) -> Run {
    throw .noSuchRun(id: id)
  }
}
