import FoundationEssentials
import JSONSource

/// The requests to `/inbox/NAME`, and its answers.
struct Inbox: Sendable {
  /// Beyond this the oldest are dropped; `count` continues.
  static let capacity = 10_000

  private(set) var arrivals: [ReceivedRequest] = []
  /// The number of arrivals since it was last emptied.
  private(set) var count = 0
  private var answers: [ScriptedAnswer]

  init(answers: [ScriptedAnswer] = []) {
    self.answers = answers
  }

  mutating func setAnswers(_ answers: [ScriptedAnswer]) {
    self.answers = answers
  }

  mutating func forget() {
    arrivals = []
    count = 0
  }

  /// Records a request; answers with the next scripted answer, or `ok`.
  mutating func receive(_ request: ReceivedRequest) -> Answer {
    arrivals.append(request)
    if arrivals.count > Self.capacity { arrivals.removeFirst(Self.capacity / 10) }
    count += 1
    return nextAnswer()?.answer { .text("ok") } ?? .text("ok")
  }

  private mutating func nextAnswer() -> ScriptedAnswer? {
    while let answer = answers.first {
      guard let times = answer.times else { return answer }
      if times <= 1 { answers.removeFirst() } else { answers[0].times = times - 1 }
      if times > 0 { return answer }
    }
    return nil
  }
}

extension ReceivedRequest {
  /// For people and scripts: the body as a string, or as base64 if it isn't UTF-8.
  func write(inbox: String, into json: inout JSONWriter) {
    json.object {
      $0.member("inbox", inbox)
      $0.member("time", time)
      $0.member("method", method)
      $0.member("path", path)
      $0.member("query", rawQuery)
      $0.member("headers") { headers in
        headers.object {
          for (name, value) in self.headers.sorted(by: { $0.key < $1.key }) { $0.member(name, value) }
        }
      }
      if let text = String(validating: body, as: UTF8.self) {
        $0.member("body", text)
      } else {
        $0.member("bodyBase64", Data(body).base64EncodedString())
      }
    }
  }
}
