import TestSupport

/// Seeded choices, said in words.
struct SeededDraw {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// 0 ..< bound.
  mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(max(1, bound))) }

  mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

  /// - Parameter chance: 0 ... 1.
  mutating func happens(_ chance: Double) -> Bool {
    chance > 0 && Double(generator.next() >> 11) < chance * Double(1 << 53)
  }
}
