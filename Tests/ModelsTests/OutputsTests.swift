import Runs
import Secrets
import Simulator
import Testing
import Transport
import ViAPI

@Suite(.timeLimit(.minutes(6)))
struct OutputsTests {
  private func failure(_ kit: ModelsKit, _ run: String = ModelsKit.run) async -> SourceError? {
    do throws(SourceError) {
      _ = try await kit.client.outputs(of: run)
      return nil
    } catch {
      return error
    }
  }

  private func answer(_ body: String) -> Fault { Fault(on: .outputs, .status(200, body: body, times: nil)) }

  @Test func `models of all pages come in order, with what is known of them`() async throws {
    try await withModels { kit in
      kit.simulator.change(ModelsKit.run) { $0.checkpoints = 230 }
      let outputs = try await kit.client.outputs(of: ModelsKit.run, contents: true)
      #expect(outputs.map(\.id) == (1...230).map { "ckpt_\($0 * 10)" })
      #expect(kit.outputRequests == 3)
      let last = try #require(outputs.last)
      #expect(last.epoch == 2_300)
      #expect(last.metrics.map { String(decoding: $0, as: UTF8.self) } == #"{"loss":0.100}"#)
      #expect(last.downloadURL?.revealed.contains("/files/demo-org/run_a/ckpt_2300.tar?") == true)
      #expect(last.expiresAt == Int64(1_766_000_900_000))
      #expect("\(last)".contains("•••") && !"\(last)".contains("X-Goog"))
    }
  }

  @Test func `links come only when they are asked for`() async throws {
    try await withModels { kit in
      #expect(try await kit.client.outputs(of: ModelsKit.run).allSatisfy { $0.downloadURL == nil })
      let one = try await kit.client.outputs(of: ModelsKit.run, checkpoint: "ckpt_20", contents: true)
      #expect(one.map(\.id) == ["ckpt_20"])
      #expect(try await kit.client.outputs(of: ModelsKit.run, checkpoint: "ckpt_21").isEmpty)
    }
  }

  @Test func `a model that comes by itself is taken too, and members may be missing`() async throws {
    try await withModels(faults: [answer(#"{"runOutputId":"ckpt_5","spec":{"epoch":null}}"#)]) { kit in
      let outputs = try await kit.client.outputs(of: ModelsKit.run, checkpoint: "ckpt_5")
      #expect(outputs.map(\.id) == ["ckpt_5"])
      #expect(outputs.first?.epoch == nil)
      #expect(outputs.first?.metrics == nil)
    }
  }

  @Test func `an empty page is no model`() async throws {
    try await withModels(faults: [answer("{}")]) { kit in
      let outputs = try await kit.client.outputs(of: ModelsKit.run)
      #expect(outputs.isEmpty)
    }
  }

  @Test(arguments: [
    ("[]", "200 with 2 bytes, which isn't a page of models"),
    ("<html>", "200 with 6 bytes, which isn't a page of models"),
    (#"{"items":[{"runOutputId":"../x"}]}"#, "it has a model without an id"),
    (#"{"items":[{}]}"#, "it has a model without an id"),
    (#"{"items":[],"nextPage":"a"}"#, "the list is circular: the token of page 2 came before"),
  ]) func `what is no page of models is none`(_ body: String, _ text: String) async throws {
    try await withModels(faults: [answer(body)]) { kit in
      let error = await failure(kit)
      #expect(error?.description == "the response isn't from a Vi API: \(text)")
    }
  }

  @Test func `the API's authorities are those of its own address, and of no other`() async {
    let http = HTTPClient()
    let client = ViClient(
      endpoint: "https://vi.example:8443/base", organization: "o", secretKey: Secret("key"), caFile: "/ca.pem",
      http: http,
      time: .system)
    #expect(client.caFile(at: "https://vi.example:8443/files/a?b") == "/ca.pem")
    for other in [
      "https://vi.example/files/a", "https://vi.example:8443.evil.example/a", "http://vi.example:8443/a", "x",
    ] {
      #expect(client.caFile(at: other) == nil)
    }
    await http.close()
  }

  @Test func `a run that there is not is told as such`() async throws {
    try await withModels { kit in
      let error = await failure(kit, "run_none")
      #expect(error?.description == "there is no run run_none")
    }
  }
}
