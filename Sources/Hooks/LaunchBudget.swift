import Glibc

/// How much the kernel takes along into a new program (execve(2), "Limits on size of arguments and environment").
struct LaunchBudget: Equatable {
  /// Bytes in one argument, or one variable with its name: 128 KiB with the NUL at its end.
  static let maxString = 128 * 1024 - 1

  /// Bytes that arguments, environment and the pointers to them may have together.
  let total: Int

  /// A quarter of the stack, but no more than three quarters of 8 MiB and no less than 128 KiB. What is kept free is for the
  /// program's path, which is passed twice, and the `#!` line of a script.
  static var system: LaunchBudget {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &limit)
    let stack = Int(clamping: limit.rlim_cur)
    return LaunchBudget(total: max(min(stack / 4, 6 << 20), 128 << 10) - 4 * Int(PATH_MAX))
  }

  /// What one string of so many bytes takes: with its NUL, and a pointer to it.
  static func cost(_ bytes: Int) -> Int { bytes + 1 + MemoryLayout<UnsafeRawPointer>.size }

  /// How long a string may be, so that all fit: only the longest are cut, all to the same length. Nil: they fit as they are.
  ///
  /// - Parameters:
  ///   - lengths: of the strings that may be cut.
  ///   - fixed: what those take that may not.
  func longest(_ lengths: [Int], fixed: Int) -> Int? {
    var left = total - fixed - lengths.count * Self.cost(0)
    guard lengths.reduce(0, +) > left else { return nil }
    for (index, length) in lengths.sorted().enumerated() {
      let share = left / (lengths.count - index)
      // This one and all that follow are longer than what each of them can have.
      if length > share { return max(0, share) }
      left -= length
    }
    return nil
  }
}
