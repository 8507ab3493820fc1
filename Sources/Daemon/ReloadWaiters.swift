/// Those who wait for the answer to a reload. Whoever came while the file was being read waits for the next read: this one may have
/// seen the file before the change that they speak of.
struct ReloadWaiters<Waiter: Sendable>: Sendable {
  private var numbers = 0
  private var waiting: [Int: Waiter] = [:]
  /// Those whom the read that is under way answers.
  private var reading: [Int: Waiter] = [:]

  mutating func takeNumber() -> Int {
    numbers += 1
    return numbers
  }

  mutating func add(_ waiter: Waiter, as number: Int) { waiting[number] = waiter }

  /// Nil: it has been answered, or never came.
  mutating func remove(_ number: Int) -> Waiter? {
    waiting.removeValue(forKey: number) ?? reading.removeValue(forKey: number)
  }

  /// The file is read from now on.
  mutating func beginRead() {
    reading.merge(waiting) { $1 }
    waiting = [:]
  }

  /// Returns whom to answer.
  mutating func endRead() -> [Waiter] {
    defer { reading = [:] }
    return Array(reading.values)
  }
}
