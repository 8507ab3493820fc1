internal import Notation

/// One alternative for the value of a field. Texts are UTF-8.
enum ValueTest: Hashable, Sendable {
  case null
  case bool(Bool)
  case string([UInt8])
  case number(JSONNumberValue)
  case range(NumberRange)
  case prefix([UInt8])
  case suffix([UInt8])
  case caseless(CaselessText)
  case caselessPrefix(CaselessText)
  case caselessSuffix(CaselessText)
  case wildcard(Wildcard)
  case network(AddressBlock)
  /// A value exists, and none of these tests holds for it.
  case anythingBut([ValueTest])
  case present
  case absent

  /// Whether the test compares the value of a number.
  var comparesNumbers: Bool {
    switch self {
    case .number, .range: true
    case .anythingBut(let excluded): excluded.contains(where: \.comparesNumbers)
    default: false
    }
  }
}

/// The values that a pattern allows for one field: one passing test is enough.
struct FieldCondition: Hashable, Sendable {
  let path: FieldPath
  let tests: [ValueTest]

  var allowsAbsence: Bool {
    tests.contains(.absent)
  }
}

/// Numbers between two bounds, one of which may be missing.
struct NumberRange: Hashable, Sendable {
  var low = -Double.infinity
  var lowIsOpen = false
  var high = Double.infinity
  var highIsOpen = false

  func contains(_ value: Double) -> Bool {
    (lowIsOpen ? value > low : value >= low) && (highIsOpen ? value < high : value <= high)
  }
}

/// A condition and its place in the source.
struct WrittenCondition: Sendable {
  let condition: FieldCondition
  let offset: Int
}

/// The contents of one object: all conditions must hold, and at least one group of each choice (`$or`).
struct PatternGroup: Sendable {
  var conditions: [WrittenCondition] = []
  var choices: [[PatternGroup]] = []
}

extension PatternGroup {
  /// All ways to take one group of each choice: lists of conditions in the order of their paths; one list must hold entirely.
  /// The caller has limited their number, see ``size``.
  func combinations() -> [[WrittenCondition]] {
    unresolvedCombinations().map { combination in
      let sorted = combination.sorted { ($0.condition.path, $0.offset) < ($1.condition.path, $1.offset) }
      return sorted.indices.filter { index in
        // Of several conditions for one field the last one counts; only event-ruler's dialect allows that.
        index + 1 == sorted.count || sorted[index].condition.path != sorted[index + 1].condition.path
      }.map { sorted[$0] }
    }
  }

  private func unresolvedCombinations() -> [[WrittenCondition]] {
    var combined = [conditions]
    for choice in choices {
      let alternatives = choice.flatMap { $0.unresolvedCombinations() }
      combined = combined.flatMap { chosen in alternatives.map { chosen + $0 } }
    }
    return combined
  }

  /// The number of combinations, and of all conditions in them; both saturate at a large number.
  var size: (combinations: Int, conditions: Int) {
    var total = (combinations: 1, conditions: conditions.count)
    for choice in choices {
      var sum = (combinations: 0, conditions: 0)
      for group in choice {
        let size = group.size
        sum = (bounded(sum.combinations + size.combinations), bounded(sum.conditions + size.conditions))
      }
      total.conditions = bounded(total.conditions * sum.combinations + sum.conditions * total.combinations)
      total.combinations = bounded(total.combinations * sum.combinations)
    }
    return total
  }

  private func bounded(_ value: Int) -> Int {
    min(value, 1 << 30)
  }
}
