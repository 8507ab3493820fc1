import TestSupport
import Testing

@testable import ViAPI

@Suite struct RunLogTests {
  /// The shape is documented nowhere.
  @Test(arguments: [
    (#"["a", "b"]"#, ["a", "b"]),
    (#"[{"message": "a"}, {"text": "b"}, {"log": "c"}, {"line": "d"}]"#, ["a", "b", "c", "d"]),
    (#"{"items": [{"timestamp": 1, "message": "a"}]}"#, ["a"]),
    (#"{"logs": [{"text": "a\nb\n"}, "c"]}"#, ["a", "b", "c"]),
    (#"{"message": "one\r\ntwo\n"}"#, ["one", "two"]), (#""a\nb""#, ["a", "b"]), ("plain\ntext\n", ["plain", "text"]),
    (#"{"items": [{"level": 3}, 7]}"#, [#"{"level": 3}"#, "7"]), (#"{"odd": {"x": 1}}"#, [#"{"odd": {"x": 1}}"#]),
    ("{}", []), ("[]", []), ("null", []), ("", []), (#"{"items": []}"#, []), ("7", ["7"]),
  ])
  func `every shape that a log may have is read`(answer: String, lines: [String]) {
    #expect(RunLog(answer: Array(answer.utf8)).lines == lines)
  }

  @Test func `the end of a log is kept, and what is cut off is marked`() {
    let log = RunLog(lines: (1...30).map { "line \($0)" })
    #expect(log.tail(2, characters: 100) == "line 29\nline 30")
    #expect(log.tail(20, characters: 10) == "…9\nline 30")
    #expect(RunLog(lines: ["👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦"]).tail(1, characters: 2) == "…👩‍👩‍👧‍👦", "no character is cut in two")
  }
}

@Suite struct RunMetricsTests {
  private func metrics(_ json: String?, epoch: Int64? = nil) -> RunMetrics? {
    RunMetrics(RunOutput(id: "c", epoch: epoch, metrics: json.map { Array($0.utf8) }))
  }

  @Test(arguments: [
    (#"{"accuracy": 0.91283764, "loss": 1e-7, "n": 12}"#, "epoch 3\naccuracy 0.9128\nloss 1e-7\nn 12"),
    (#"{"val": {"mAP": {"50": 0.5}}, "name": "x", "tiny": 0.00001234}"#, "epoch 3\nval.mAP.50 0.5\ntiny 0.00001234"),
    ("{}", "epoch 3"), ("null", "epoch 3"), ("[1]", "epoch 3"),
  ])
  func `numbers become a short table`(json: String, text: String) {
    #expect(metrics(json, epoch: 3)?.text == text)
  }

  @Test func `the epoch is a member, unless the metrics have one`() throws {
    #expect(
      metrics(#"{"a": 1.50}"#, epoch: 3).map { String(decoding: $0.json, as: UTF8.self) } == #"{"a":1.50,"epoch":3}"#)
    #expect(metrics(#"{"epoch": 9}"#, epoch: 3).map { String(decoding: $0.json, as: UTF8.self) } == #"{"epoch":9}"#)
  }

  @Test func `what says nothing, or far too much, is none`() {
    #expect(metrics(nil) == nil)
    #expect(metrics("{}") == nil)
    #expect(metrics(#"{"a": "\#(String(repeating: "x", count: 20_000))"}"#, epoch: 1) == nil)
    let many = (0..<100).map { "\"m\($0)\": \($0)" }.joined(separator: ",")
    #expect(metrics("{\(many)}")?.text.hasSuffix("m11 11\nand 88 more") == true)
  }
}
