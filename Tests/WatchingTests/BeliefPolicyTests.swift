import Testing
import Transport
import ViAPI

@Suite struct BeliefPolicyTests {
  private static let refused = SourceError.refused(status: 401, message: "")
  private static let absent = SourceError.noSuchRun(id: "a")
  private static let passing = SourceError.failing(status: 503, message: "", retryAfter: nil)

  /// The first of the looks, a second and an error each, at which something is believed.
  private func believed(_ looks: [(Int, SourceError)], wasRead: Bool = true) -> Int? {
    var belief = BeliefPolicy(wasRead: wasRead)
    return looks.first { belief.failed($0.1, at: .seconds($0.0)) }?.0
  }

  @Test func `the first answer of all is believed at once, unless it passes`() {
    let errors: [SourceError] = [Self.refused, Self.absent, .notVi(""), .rejected(status: 400, message: "")]
    for error in errors {
      #expect(believed([(5, error)], wasRead: false) == 5)
      #expect(believed([(5, Self.passing), (6, error)], wasRead: false) == 6)
    }
    #expect(believed((0..<1000).map { ($0 * 60, Self.passing) }, wasRead: false) == nil)
  }

  @Test func `absence is believed after three looks over two minutes`() {
    #expect(believed((0..<5).map { ($0 * 60, Self.absent) }) == 120)
    #expect(believed((0..<500).map { ($0, Self.absent) }) == 120)
    #expect(believed([(0, Self.absent), (900, Self.absent), (1800, Self.absent)]) == 1800)
  }

  @Test func `what does not pass by itself is believed after five looks and five minutes`() {
    #expect(believed((0..<9).map { ($0 * 60, Self.refused) }) == 300)
    #expect(believed((0..<900).map { ($0, Self.refused) }) == 300)
    #expect(believed((0..<9).map { ($0 * 300, Self.refused) }) == 1200)
  }

  @Test func `what passes is no look, and ends no row; another answer ends it`() {
    #expect(believed([(0, Self.absent), (60, Self.passing), (120, Self.absent), (180, Self.absent)]) == 180)
    #expect(believed([(0, Self.absent), (60, Self.refused), (120, Self.absent), (180, Self.absent)]) == nil)
  }

  @Test func `a good answer ends every doubt`() {
    var belief = BeliefPolicy(wasRead: true)
    for second in [0, 60] {
      let isBelieved = belief.failed(Self.absent, at: .seconds(second))
      #expect(!isBelieved)
    }
    #expect(belief.nextLook(after: .seconds(60)) == .seconds(90))
    belief.read()
    #expect(belief.nextLook(after: .seconds(60)) == nil)
    let isBelieved = belief.failed(Self.absent, at: .seconds(150))
    #expect(!isBelieved)
  }

  @Test func `credentials that worked for one run are not disbelieved at once for another`() {
    var belief = BeliefPolicy(apiWasRead: true)
    let isRefused = belief.failed(Self.refused, at: .zero)
    let isGone = belief.failed(Self.absent, at: .zero)
    #expect(!isRefused && isGone)
  }

  @Test func `after a doubt looks come soon at first, and end after five minutes`() {
    var belief = BeliefPolicy(wasRead: true)
    _ = belief.failed(Self.absent, at: .seconds(1000))
    var looks: [Duration] = []
    var now = Duration.seconds(1000)
    while let next = belief.nextLook(after: now) {
      looks.append(next - .seconds(1000))
      now = next
    }
    #expect(looks.map(\.components.seconds) == [1, 3, 7, 15, 31, 60, 90, 120, 150, 180, 240, 300])
  }
}
