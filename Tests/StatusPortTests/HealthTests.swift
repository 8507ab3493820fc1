import HTTPServing
import Runs
import Telemetry
import TestSupport
import Testing

@testable import StatusPort

@Suite struct HealthTests {
  @Test func `a loop that waits is well, and one that is busy for too long is not`() async throws {
    try await PortKit.with { kit in
      #expect(await kit.get("/-/healthy").text == "healthy\n")
      kit.telemetry.loops.begin(.delivery, kit.time.source)
      kit.time.advance(by: .seconds(180))
      #expect(await kit.get("/-/healthy").status == 200)
      kit.time.advance(by: .seconds(1))
      let answer = await kit.get("/-/healthy", ["accept": "application/json"])
      #expect(answer.status == 503)
      #expect(answer.text.contains("the delivery loop has made no progress for 3m 1s"))
      #expect(await kit.get("/-/healthy").text == "not healthy\n")
      kit.telemetry.loops.rest(.delivery)
      kit.time.advance(by: .seconds(3_600))
      #expect(await kit.get("/-/healthy").status == 200)
    }
  }

  @Test func `it is ready when a whole sweep was read and the state can be written`() async throws {
    try await PortKit.with { kit in
      let answer = await kit.get("/-/ready?format=json")
      #expect(answer.status == 503)
      #expect(answer.text.contains("no whole sweep") && answer.text.contains("nothing has been written"))
      kit.watcher.change { $0.lastWholeSweep = kit.time.now }
      kit.telemetry.stateWritten.set(Double(kit.time.now.milliseconds) / 1_000)
      #expect(await kit.get("/-/ready").text == "ready\n")
      kit.time.advance(by: .seconds(61))
      #expect(await kit.get("/-/ready?format=json").text.contains("could not be written for 1m 1s"))
    }
  }

  @Test func `a reload says what has become of it`() async throws {
    try await PortKit.with { kit in
      #expect(await kit.post("/-/reload").status == 200)
      kit.watcher.answers(.refused("it has 2 mistakes"))
      let refused = await kit.post("/-/reload")
      #expect(refused.status == 409 && refused.text.contains("it has 2 mistakes"))
      kit.watcher.answers(nil)
      #expect(await kit.post("/-/reload").status == 202)
    }
  }
}
