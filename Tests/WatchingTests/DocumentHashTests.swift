import TestSupport
import Testing

@testable import Watching

@Suite struct DocumentHashTests {
  private let hash = DocumentHash()

  private func of(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { hash($0) } }

  private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in .random(in: 0...255, using: &random) }
  }

  @Test(arguments: [0, 1, 7, 8, 9, 31, 32, 33, 40, 63, 64, 65, 100])
  func `every byte counts, wherever it stands`(count: Int) {
    let document = bytes(count, seed: 1)
    let original = of(document)
    #expect(of(document + []) == original)
    for index in document.indices {
      for bit in 0..<8 {
        var other = document
        other[index] ^= 1 << bit
        #expect(of(other) != original, "bit \(bit) of byte \(index)")
      }
    }
  }

  @Test func `the length counts, also where only zeros are added`() {
    let hashes = (0...100).map { of([UInt8](repeating: 0, count: $0)) }
    #expect(Set(hashes).count == hashes.count)
  }

  @Test func `the place of equal parts counts`() {
    let (one, other) = (bytes(32, seed: 1), bytes(32, seed: 2))
    #expect(of(one + other) != of(other + one))
    #expect(of(Array(one[16...]) + one[..<16]) != of(one))
  }

  @Test func `it does not matter where in memory the document stands`() {
    let document = bytes(77, seed: 3)
    for offset in 1...8 {
      let moved = [UInt8](repeating: 9, count: offset) + document
      #expect(moved.withUnsafeBytes { hash(UnsafeRawBufferPointer(rebasing: $0[offset...])) } == of(document))
    }
  }

  @Test func `each process has its own key`() {
    let document = bytes(50, seed: 4)
    #expect(document.withUnsafeBytes { DocumentHash()($0) } != of(document))
  }
}
