import HTTPServing
import Runs
import Storage
import Telemetry
import TestSupport
import Testing

@testable import StatusPort

@Suite struct MetricsTests {
  @Test(arguments: [
    (nil, Exposition.text), ("*/*", .text), ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .text),
    ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2", .openMetrics),
    ("application/openmetrics-text; q=0, */*", .text),
  ])
  func `OpenMetrics is for those who ask for it`(accept: String?, format: Exposition) {
    #expect(Exposition(accept: accept) == format)
  }

  @Test func `families stand together, and what a name holds is escaped`() {
    let samples: [Sample] = [
      .read("a_total", "A \\ b\nc.", 3, kind: .counter, labels: [.init(name: "l", value: "x\"\\\n")]),
      .read("b", "B.", 1.5), .read("a_total", "A.", 4, kind: .counter, labels: [.init(name: "l", value: "y")]),
    ]
    #expect(
      String(decoding: Exposition.text.write(samples), as: UTF8.self) == """
        # HELP a_total A \\\\ b\\nc.
        # TYPE a_total counter
        a_total{l="x\\"\\\\\\n"} 3
        a_total{l="y"} 4
        # HELP b B.
        # TYPE b gauge
        b 1.5

        """)
    let open = String(decoding: Exposition.openMetrics.write(samples), as: UTF8.self)
    #expect(open.contains("# TYPE a counter\na_total{"))
    #expect(open.hasSuffix("b 1.5\n# EOF\n"))
  }

  @Test func `every series is there from the start`() async throws {
    try await PortKit.with { kit in
      let response = await kit.get("/metrics")
      #expect(response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
      let lines = response.text.split(separator: "\n")
      for line in [
        "vi_notify_outbox_pending 0", "vi_notify_outbox_due 0", "vi_notify_outbox_oldest_pending_timestamp_seconds 0",
        "vi_notify_dead_letters 0", "vi_notify_silences_active 0", #"vi_notify_rules_fired_total{rule="off"} 0"#,
        #"vi_notify_destination_circuit_open{destination="chat"} 0"#,
        #"vi_notify_destination_hold_until_timestamp_seconds{destination="a \"b\"\\c\nd"} 0"#,
        #"vi_notify_attempt_duration_seconds_bucket{type="webhook",le="+Inf"} 0"#,
        "vi_notify_detection_duration_seconds_count 0", "vi_notify_delivery_duration_seconds_count 0",
        #"vi_notify_loop_last_turn_timestamp_seconds{loop="delivery"} 0"#, #"vi_notify_build_info{version="1.2.3"} 1"#,
        #"vi_notify_attempts_total{type="hook",result="hookFailed"} 0"#,
      ] { #expect(lines.contains(Substring(line)), "\(line)") }
      for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
        #expect(lines.contains { $0.hasPrefix("\(name) ") && !$0.hasSuffix(" 0") }, "\(name)")
      }
    }
  }

  @Test func `what waits, is dead or held back is counted for its destination`() async throws {
    try await PortKit.with { kit in
      let now = kit.time.now
      _ = try await kit.store.commit(.of(run: "r", "m1", "m2", at: now.milliseconds))
      let due = try await kit.store.due(destination: "chat", limit: 1, at: now, except: [])
      var batch = SettlementBatch(
        due.map { SettledAttempt($0, .dead(reason: "no"), .of($0, at: now.milliseconds, outcome: "clientError")) })
      batch.destinations = [
        DestinationState(
          name: "chat", fingerprint: "f", stoppedAt: now, stoppedReason: "gone", holdUntil: now + .seconds(60),
          failures: 5, nextProbeAt: now + .seconds(60))
      ]
      _ = try await kit.store.settle(batch, at: now)
      let text = await kit.get("/metrics").text
      let seconds = now.milliseconds / 1_000
      for line in [
        "vi_notify_outbox_pending 1\n", "vi_notify_dead_letters 1\n",
        "vi_notify_outbox_oldest_pending_timestamp_seconds \(seconds)\n",
        "vi_notify_destination_pending{destination=\"chat\"} 1\n",
        "vi_notify_destination_dead_letters{destination=\"chat\"} 1\n",
        "vi_notify_destination_circuit_open{destination=\"chat\"} 1\n",
        "vi_notify_destination_stopped{destination=\"chat\"} 1\n",
        "vi_notify_destination_hold_until_timestamp_seconds{destination=\"chat\"} \(seconds + 60)\n",
      ] { #expect(text.contains(line), "\(line)") }
    }
  }
}
