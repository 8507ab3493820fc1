import Testing

@testable import Telemetry

@Suite struct CounterTests {
  @Test func `every series exists from the start, with nothing counted`() {
    let samples = Telemetry().snapshot
    #expect(samples.allSatisfy { $0.value == 0 })
    #expect(Set(samples.filter { $0.name == "vi_notify_sweeps_total" }.map(\.labelValue)) == ["whole", "failed"])
  }

  @Test func `a count goes to the series of its word and to no other`() {
    let telemetry = Telemetry()
    telemetry.attempts.add(3, to: .rateLimited)
    #expect(telemetry.attempts.value(.rateLimited) == 3)
    #expect(telemetry.snapshot.reduce(0) { $0 + $1.value } == 3)
  }

  @Test func `a counter never goes back`() {
    let telemetry = Telemetry()
    telemetry.runEvents.add(2)
    telemetry.runEvents.add(-5)
    #expect(telemetry.runEvents.value(.only) == 2)
  }

  @Test func `nothing is lost when many count at once`() async {
    let telemetry = Telemetry()
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<10_000 { telemetry.deliveries.add(to: .delivered) } }
      }
    }
    #expect(telemetry.deliveries.value(.delivered) == 80_000)
  }

  @Test func `names and labels are what Prometheus accepts`() throws {
    for sample in Telemetry().snapshot {
      #expect(try /vi_notify_[a-z_]+_total/.wholeMatch(in: sample.name) != nil, "\(sample.name)")
      #expect(try /[a-zA-Z]*/.wholeMatch(in: sample.labelValue) != nil, "\(sample.labelValue)")
      #expect((sample.label == nil) == sample.labelValue.isEmpty)
    }
  }
}
