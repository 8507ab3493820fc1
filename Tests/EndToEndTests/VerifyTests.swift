import Glibc
import JSONSource
import Simulator
import Testing

/// `verify` judges what really arrived.
@Suite(.timeLimit(.minutes(6))) struct VerifyTests {
  private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  /// One signed webhook, and what `verify` says of it when `change` has been at it.
  private func verify(
    format: String = "cloudevents", _ arguments: [String] = [], change: (inout [UInt8]) -> Void = { _ in }
  ) async throws -> (end: End, request: ReceivedRequest) {
    var result: (End, ReceivedRequest)?
    try await onStage(Scenario(runs: [.ended("run_1", .failed)])) { stage in
      try stage.write(
        """
        {"version": 1, "watch": {"since": "all"}, "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub",
          "secret": "${env:SECRET}", "format": "\(format)"}},
         "rules": [{"name": "r", "actions": [{"send": "hub"}]}]}
        """)
      let environment = ["SECRET": Self.secret, "OTHER": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
      #expect(try await stage.run("--rules", "rules.json", "--once", with: environment).code == 0)
      let request = try #require(stage.simulator.inbox("hub").first)
      var body = request.body
      change(&body)
      try stage.write(bytes: body, to: "body")
      let given = [
        "--id", request.webhookID ?? "", "--timestamp", request.headers["webhook-timestamp"] ?? "", "--signature",
        request.headers["webhook-signature"] ?? "",
      ]
      let words = ["--secret", "${env:SECRET}"] + given + arguments
      let script = "exec \"$0\" verify \"$@\" < body"
      result = (try await stage.shell(script, [Binary.path] + words, with: environment), request)
    }
    let (end, request) = try #require(result)
    return (end, request)
  }

  @Test func `what we send is right, in both modes of CloudEvents`() async throws {
    let structured = try await verify()
    #expect((structured.end.code, structured.end.output) == (0, "The signature is right.\n"))
    let binary = try await verify(format: "cloudevents-binary")
    #expect(binary.end.code == 0)
    #expect(binary.request.headers["content-type"] == "application/json")
    #expect(binary.request.headers["ce-type"] == "com.datature.vi.run.failed")
    #expect(try binary.request.json[text: "runId"] == "run_1")
  }

  @Test func `what was changed on the way is told`() async throws {
    let added = try await verify { $0.append(0x0A) }
    #expect(added.end.code == 1 && added.end.errors.contains("without its last byte"), "\(added.end.errors)")
    let changed = try await verify { $0[0] = 0x20 }
    #expect(changed.end.code == 1 && changed.end.errors.contains("another secret, id, timestamp or body"))
    let other = try await verify(["--secret", "${env:OTHER}"])
    #expect(other.end.code == 1)
    let old = try await verify(["--tolerance", "0s"])
    #expect(old.end.code == 0 || old.end.errors.contains("is right, but"))
  }

  @Test func `a secret itself is refused as an argument`() async throws {
    let end = try await verify(["--secret", Self.secret]).end
    #expect(end.code == 64)
    #expect(!end.errors.contains(Self.secret))
  }
}
