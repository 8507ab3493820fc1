import JSONSource
import Testing

@testable import EventPatterns

@Suite struct ConformanceTests {
  @Test(arguments: Vector.read("hand.jsonl"))
  func `a case made by hand gets the answer of event-ruler`(vector: Vector) throws {
    try check(vector)
  }

  @Test func `a random case gets the answer of event-ruler`() throws {
    let vectors = Vector.read("random.jsonl")
    #expect(!vectors.isEmpty)
    for vector in vectors { try check(vector) }
  }

  @Test(arguments: ManyVector.read("many-rules.jsonl"))
  func `compiling patterns together changes no answer`(vector: ManyVector) throws {
    let set = try PatternSet(vector.patterns.map { try EventPattern(ruler: $0) })
    var matcher = set.makeMatcher()
    for (event, expected) in zip(vector.events, vector.expected) {
      let found = try matcher.matches(event)
      #expect(found == expected, "event \(event)")
    }
    #expect(vector.events.count == vector.expected.count)
  }

  @Test func `the vectors are there`() {
    #expect(Vector.read("hand.jsonl").count > 100)
    #expect(ManyVector.read("many-rules.jsonl").count > 10)
  }

  private func check(_ vector: Vector) throws {
    guard vector.label != .invalid else {
      #expect(throws: (any Error).self, "\(vector.testDescription)") { try EventPattern(ruler: vector.pattern) }
      return
    }
    let pattern = try EventPattern(ruler: vector.pattern)
    let found = try PatternSet([pattern]).matches(vector.event)
    #expect(found == (vector.label == .matches ? [0] : []), "\(vector.testDescription)")
  }
}
