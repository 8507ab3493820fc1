import Testing

@testable import Simulator

@Suite struct ScenarioTests {
  private func mistakes(_ text: String) -> [String] {
    do throws(ScenarioErrors) {
      _ = try Scenario(parsing: Array(text.utf8))
      return []
    } catch {
      return error.mistakes.map { "\($0.line):\($0.column) \($0.message)" }
    }
  }

  @Test func `the scenario of the manual is read`() throws {
    let text = """
      {"organization":"my-org","secretKey":"dtvi_x","maximumPageSize":20,"dialect":"mixed", // a comment
       "runs":[{"runId":"run_a","flow":"detector","trainingProject":"p","dialect":"documented","created":"-2h",
                "attributes":{"stage":"release"},
                "life":[{"after":"2s","phase":"running"},
                        {"after":"10s","phase":"failed","reason":"OutOfMemory","message":"m"}]}],
       "population":{"count":1000,"seed":7,"ended":0.99},
       "faults":[{"on":"list","after":3,"times":2,"answer":{"status":429,"headers":{"Retry-After":"3"},"body":"no"}},
                 {"on":"get","after":0,"times":1,"answer":"hang"}],
       "modelSize":5000,
       "models":{"shards":2,"adapter":true,"weights":"zeros","gzip":true,"exportDelay":"5s","linkLifetime":"1m",
                 "ranges":false,"checksum":"wrong"},
       "inbox":{"chat":[{"status":503,"headers":{},"body":{"a":1},"delay":"2s","times":2}, {"answer":"reset"}]},}
      """
    let scenario = try Scenario(parsing: Array(text.utf8))
    #expect(scenario.organization == "my-org")
    #expect(scenario.maximumPageSize == 20)
    #expect(scenario.dialect == nil)
    let run = try #require(scenario.runs.first)
    #expect(run.created == -7_200_000)
    #expect(
      run.life == [
        .init(at: 2_000, .running), .init(at: 12_000, .failed, reason: "OutOfMemory", message: "m"),
      ])
    #expect(scenario.modelSize == 5_000)
    #expect(
      scenario.models
        == ModelFiles(
          shards: 2, hasAdapter: true, weights: .zeros, isGzip: true, exportDelay: 5_000, linkLifetime: 60_000,
          givesRanges: false, checksum: .wrong))
    #expect(scenario.faults.map(\.on) == [.list, .get])
    #expect(scenario.inbox["chat"]?.first?.delay == 2_000)
    #expect(scenario.inbox["chat"]?.first?.times == 2)
  }

  @Test func `how hostile it is can be said, and mistakes in that are told`() throws {
    let text =
      #"{"hostile":{"seed":7,"rate":0.5,"harms":["cutBody","late"],"maxInARow":3,"relief":0,"maxWait":"2s","sacrifices":["doomed"]}}"#
    let hostile = try #require(try Scenario(parsing: Array(text.utf8)).hostile)
    #expect(hostile.seed == 7 && hostile.rate == 0.5 && hostile.harms == [.cutBody, .late])
    #expect(hostile.maxInARow == 3 && hostile.relief == 0 && hostile.maxWait == 2_000)
    #expect(hostile.sacrifices == ["doomed"])
    #expect(
      mistakes(#"{"hostile":{"rate":2,"harms":["cut"],"odd":1}}"#)
        == [
          "1:20 rate is a number, not a number from 0 to 1", "1:31 this isn't a harm",
          "1:38 hostile has no member \"odd\"",
        ])
  }

  @Test func `a life may lie in the past`() throws {
    let text =
      #"{"runs":[{"runId":"r","created":"-2h","life":[{"at":"-1h30m","phase":"running"},{"after":"5m","phase":"error"}]}]}"#
    let life = try Scenario(parsing: Array(text.utf8)).runs.first?.life
    #expect(life?.map(\.at) == [-5_400_000, -5_100_000])
  }

  @Test func `the first step of a run that is still to come is counted from its creation`() throws {
    let text = #"{"runs":[{"runId":"r","created":"10s","life":[{"after":"5s","phase":"running"}]}]}"#
    #expect(try Scenario(parsing: Array(text.utf8)).runs.first?.life.map(\.at) == [15_000])
  }

  @Test func `all mistakes are told at once with their places`() {
    let text = """
      {"organisation": "x",
       "maximumPageSize": 0,
       "runs": [{"runId": "a b", "life": [{"after": "2 s", "phase": "runing"}, {"phase": "failed"}]},
                {"flow": 3}],
       "faults": [{"on": "lists", "answer": "hangs"}],
       "inbox": {"chat": {}}}
      """
    #expect(
      mistakes(text) == [
        #"1:2 a scenario has no member "organisation""#,
        "2:21 maximumPageSize is 0, not 1 to 100000",
        #"3:21 "a b" isn't an id"#,
        #"3:47 "2 s" isn't a duration"#,
        #"3:63 phase can't be "runing""#,
        "3:74 a step needs either after or at",
        "4:11 this run has no runId",
        "4:20 flow is a number, not a string",
        #"5:20 on can't be "lists""#,
        "5:39 this isn't an answer",
        "6:20 an inbox is an object, not a list",
      ])
  }

  @Test func `a broken text and a run told twice are mistakes too`() {
    #expect(mistakes("{").first?.hasPrefix("1:") == true)
    #expect(mistakes(#"{"faults":[{"on":"inbox","answer":"hang"}]}"#) == ["1:18 an inbox has no faults"])
    #expect(mistakes("[]") == ["1:1 a scenario is a list, not an object"])
    #expect(
      mistakes(#"{"runs":[{"runId":"a"},{"runId":"a"}]}"#) == [#"1:33 two runs have the id "a""#])
    #expect(
      mistakes(#"{"runs":[{"runId":"a","life":[{"at":"2s","phase":"running"},{"at":"1s","phase":"failed"}]}]}"#)
        == ["1:67 this step is earlier than the one before it"])
  }

  @Test(
    arguments: [
      ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h30m", 9_000_000), ("7d", 604_800_000), ("-2h", -7_200_000),
      ("0s", 0), ("", nil), ("-", nil), ("5", nil), ("s", nil), ("5 s", nil), ("5x", nil), ("1.5h", nil), ("--5s", nil),
      ("99999999999999999999s", nil), ("9999999999999999d", nil),
    ] as [(String, Int64?)])
  func `a duration is numbers with units`(text: String, expected: Int64?) {
    #expect(milliseconds(text) == expected)
  }

  @Test func `a population is the same for the same seed and has ended as far as it should`() {
    let population = Population(count: 2_000, seed: 42, ended: 0.9)
    let runs = population.runs()
    #expect(runs.map(\.runID) == population.runs().map(\.runID))
    #expect(Set(runs.map(\.runID)).count == 2_000)
    #expect(Population(count: 10, seed: 43).runs().map(\.runID) != Array(runs.map(\.runID).prefix(10)))
    let ended = runs.count { $0.story(at: 0).last?.phase.isTerminal == true }
    #expect((1_700...1_900).contains(ended))
    #expect(runs.allSatisfy { $0.settled < 0 && $0.created >= -42 * 86_400_000 })
  }

  @Test func `the built-in scenario ends within a minute and fills several pages`() {
    let scenario = Scenario.builtIn
    #expect(scenario.runs.allSatisfy { $0.settled <= 60_000 })
    #expect(scenario.runs.count + (scenario.population?.count ?? 0) > 30)
    #expect(scenario.secretKey.utf8.count == 103)
  }

  @Test func `what simulate shows goes on for an hour, and in every half minute of it some run ends`() {
    let runs = Scenario.lasting.runs
    #expect(Set(runs.map(\.runID)).count == runs.count)
    for half in 1..<118 {
      let window = Int64(half) * 30_000..<Int64(half + 1) * 30_000
      let ends = runs.filter { window.contains($0.settled) }.compactMap { $0.life.last?.phase }
      #expect(ends.contains(.succeeded) || ends.contains(.failed), "\(half)")
    }
  }
}
