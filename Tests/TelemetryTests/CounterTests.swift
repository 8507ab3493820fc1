import Runs
import Testing

@testable import Telemetry

@Suite struct CounterTests {
  @Test func `every series exists from the start, with nothing counted`() {
    let samples = Telemetry(targets: ["slack"]).snapshot
    #expect(samples.allSatisfy { $0.value == 0 })
    let sweeps = samples.filter { $0.name == "vi_notify_sweeps_total" }
    #expect(sweeps.flatMap(\.labels).map(\.value) == SweepResult.allCases.map(\.word))
    let attempts = samples.filter { $0.name == "vi_notify_attempts_total" }
    #expect(attempts.count == 2 * AttemptResultWord.allCases.count)
    #expect(Set(attempts.compactMap(\.labels.first?.value)) == ["slack", "other"])
  }

  @Test func `a snapshot holds every metric, each under a name of its own`() {
    let metrics = Mirror(reflecting: Telemetry()).children
    #expect(metrics.allSatisfy { $0.value is any Metric })
    let names = metrics.compactMap { ($0.value as? any Metric)?.samples.first?.name }
    #expect(names.count == metrics.count)
    #expect(Set(names).count == names.count)
    #expect(Set(names).isSubset(of: Telemetry().snapshot.map(\.name)))
  }

  @Test func `a count goes to the series of its word and to no other`() {
    let telemetry = Telemetry(targets: ["slack", "webhook"])
    telemetry.attempts["slack"].add(3, to: .rateLimited)
    #expect(telemetry.attempts["slack"].value(.rateLimited) == 3)
    #expect(telemetry.snapshot.reduce(0) { $0 + $1.value } == 3)
  }

  @Test func `a type is found by its name and by its place, and what is none of them is other`() {
    let telemetry = Telemetry(targets: ["slack", "webhook"])
    telemetry.attempts[1].add(to: .delivered)
    telemetry.attemptTime[1].record(.seconds(1))
    telemetry.attempts[2].add(to: .gone)
    telemetry.attempts[-1].add(to: .gone)
    #expect(telemetry.attempts["webhook"].value(.delivered) == 1 && telemetry.attempts["slack"].value(.delivered) == 0)
    #expect(telemetry.attemptTime["webhook"].count == 1 && telemetry.attemptTime["slack"].count == 0)
    #expect(telemetry.attempts["unknown"].value(.gone) == 2)
  }

  @Test func `the place of a word is its place among all`() {
    func check<Label: MetricLabel>(_: Label.Type) {
      #expect(Label.allCases.map(\.place) == Array(0..<Label.allCases.count), "\(Label.self)")
      #expect(Set(Label.allCases.map(\.word)).count == Label.allCases.count, "\(Label.self)")
    }
    check(Single.self)
    check(SweepResult.self)
    check(Phase.self)
    check(EventWord.self)
    check(AttemptResultWord.self)
    check(HookExit.self)
    check(SettledAs.self)
    check(SpanFate.self)
    check(CircuitChange.self)
    check(ReloadResult.self)
    check(Loop.self)
  }

  @Test func `a duration that is a little above a bound is above it`() {
    let telemetry = Telemetry()
    telemetry.sweepTime.record(.milliseconds(100) + .nanoseconds(1))
    telemetry.sweepTime.record(Duration(secondsComponent: .max, attosecondsComponent: 0))
    let buckets = telemetry.snapshot.filter { $0.name == "vi_notify_sweep_duration_seconds_bucket" }
    let counts = buckets.map { ($0.labels.first?.value, $0.value) }
    #expect(counts.contains { $0 == ("0.1", 0) } && counts.contains { $0 == ("0.5", 1) })
    #expect(counts.last.map { $0 == ("+Inf", 2) } == true)
  }

  @Test func `a counter never goes back`() {
    let telemetry = Telemetry()
    telemetry.planned.add(2)
    telemetry.planned.add(-5)
    #expect(telemetry.planned.value(.only) == 2)
  }

  @Test func `a gauge is what it was set to last`() {
    let telemetry = Telemetry()
    telemetry.lastSweep.set(1_766_000_000.25)
    telemetry.homeless.set(5)
    telemetry.homeless.set(2)
    #expect(telemetry.lastSweep.value == 1_766_000_000.25)
    #expect(telemetry.homeless.value == 2)
  }

  @Test func `a duration counts in its bucket and in every larger one`() {
    let telemetry = Telemetry()
    for duration in [Duration.milliseconds(100), .milliseconds(101), .seconds(7_200), .seconds(-1)] {
      telemetry.sweepTime.record(duration)
    }
    let samples = telemetry.snapshot.filter { $0.name.hasPrefix("vi_notify_sweep_duration_seconds") }
    let buckets = Dictionary(
      uniqueKeysWithValues: samples.compactMap { sample in sample.labels.first.map { ($0.value, sample.value) } })
    #expect(buckets["0.01"] == 1 && buckets["0.1"] == 2 && buckets["0.5"] == 3)
    #expect(buckets["3600"] == 3 && buckets["+Inf"] == 4)
    #expect(samples.first { $0.name.hasSuffix("_count") }?.value == 4)
    #expect(samples.first { $0.name.hasSuffix("_sum") }?.value == 7_200.201)
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
    for sample in Telemetry(targets: ["webhook"]).snapshot {
      #expect(try /vi_notify_[a-z_]+/.wholeMatch(in: sample.name) != nil, "\(sample.name)")
      #expect((sample.kind == .counter) == sample.name.hasSuffix("_total"), "\(sample.name)")
      for label in sample.labels {
        #expect(try /[a-z]+/.wholeMatch(in: label.name) != nil, "\(sample.name) \(label.name)")
        #expect(try /[a-zA-Z]+|[0-9.]+|\+Inf/.wholeMatch(in: label.value) != nil, "\(label.value)")
      }
    }
  }
}

@Suite struct NamedCounterTests {
  @Test func `names of the rules file have series of their own, up to a number`() {
    let telemetry = Telemetry()
    telemetry.rulesFired.know(["a", "b"])
    telemetry.rulesFired.add(2, to: "a")
    for index in 0..<NamedCounter.capacity { telemetry.rulesFired.add(to: "generated \(index)") }
    let samples = telemetry.rulesFired.samples
    #expect(samples.count == NamedCounter.capacity + 1)
    #expect(telemetry.rulesFired.value("a") == 2 && telemetry.rulesFired.value("b") == 0)
    #expect(samples.last?.labels.first?.value == "other" && samples.last?.value == 2)
    #expect(samples.reduce(0) { $0 + $1.value } == Double(2 + NamedCounter.capacity))
  }
}
