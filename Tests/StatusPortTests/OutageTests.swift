import HTTPServing
import Locking
import Runs
import Storage
import Telemetry
import TestSupport
import Testing

@testable import StatusPort

/// What is answered while the state is out of reach, without asking it.
@Suite struct OutageTests {
  private func away(_ kit: PortKit) {
    let outage = StateOutage(since: kit.time.now, why: "<b>no route</b>")
    // It can't be asked: whoever tried would fail otherwise.
    kit.store.close()
    kit.outage.withLock { $0 = outage }
  }

  @Test func `it isn't ready, and healthy all the same`() async throws {
    try await PortKit.with { kit in
      kit.watcher.change { $0.lastWholeSweep = kit.time.now }
      kit.telemetry.stateWritten.set(Double(kit.time.now.milliseconds) / 1_000)
      #expect(await kit.get("/-/ready").status == 200)
      kit.telemetry.loops.begin(.upkeep, kit.time.source)
      away(kit)
      kit.time.advance(by: .seconds(3_600))
      let ready = await kit.get("/-/ready?format=json")
      #expect(ready.status == 503)
      #expect(ready.text.contains("out of reach since 2025-12-17T19:33:20.000Z: <b>no route"), "\(ready.text)")
      #expect(!ready.text.contains("could not be written"))
      #expect(await kit.get("/-/healthy").status == 200)
      // It hangs when it goes on no later.
      kit.outage.withLock { $0 = nil }
      kit.time.advance(by: .seconds(180))
      #expect(await kit.get("/-/healthy").status == 200)
      kit.time.advance(by: .seconds(1))
      let hangs = await kit.get("/-/healthy?format=json")
      #expect(hangs.status == 503 && hangs.text.contains("the upkeep loop has made no progress for 3m 1s"))
    }
  }

  @Test func `the page and the counters are there, what is in the state isn't`() async throws {
    try await PortKit.with { kit in
      let gauge = "vi_notify_state_out_of_reach_since_timestamp_seconds"
      #expect(await kit.get("/metrics").text.contains("\n\(gauge) 0\n"))
      away(kit)
      let metrics = await kit.get("/metrics")
      #expect(metrics.status == 200 && metrics.text.contains("\n\(gauge) 1766000000\n"), "\(metrics.text.suffix(300))")
      #expect(!metrics.text.contains("vi_notify_outbox_pending") && metrics.text.contains("vi_notify_runs_active 0"))
      for path in ["/", "/runs/x", "/assets/page.js"] { #expect(await kit.get(path).status == 200) }
      let status = await kit.get("/api/v1/status")
      #expect(status.status == 503 && status.text.hasPrefix(#"{"healthy":false,"reasons":["the state has been out of"#))
      for path in ["overview", "runs", "runs/x", "deliveries", "deliveries/x", "silences", "audit"] {
        let answer = await kit.get("/api/v1/\(path)")
        #expect(answer.status == 503 && answer.text.hasPrefix(#"{"error":"the state has been"#), "\(path)")
      }
      #expect(await kit.post("/api/v1/deliveries/x/replay").status == 503)
      #expect(await kit.post("/-/reload").status == 503 && kit.watcher.reloads.isEmpty)
      // Who may not read hears nothing of it.
      #expect(await kit.get("/api/v1/runs", ["host": "evil.example"]).status == 421)
    }
  }

  @Test func `who has the page open hears of it`() async throws {
    try await PortKit.with { kit in
      away(kit)
      let work = Task { try await kit.port.run() }
      guard case .events(let reader) = await kit.get("/api/v1/events").body else {
        Issue.record("no stream")
        return
      }
      await reader.wait()
      guard case .bytes(let first) = reader.take() else {
        Issue.record("nothing came")
        return
      }
      let text = String(decoding: first, as: UTF8.self)
      #expect(text.contains(#""outage":{"since":"2025-12-17T19:33:20.000Z","why":"<b>no route</b>"}"#), "\(text)")
      reader.leave()
      work.cancel()
      _ = await work.result
    }
  }
}
