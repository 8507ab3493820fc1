/// The arguments and the environment of a hook, as far as the system takes them.
///
/// What an event says may be too long, and is cut; what a user wrote as the program or as a script is not: half a script must
/// not run.
struct LaunchStrings {
  private(set) var arguments: [String]
  private(set) var environment: [String: String]
  /// What was cut, as in ``HookResult/shortened``.
  private(set) var shortened: [String] = []
  /// Of these, values may be cut; of arguments, all from this place on.
  private let given: [String]
  private let firstCut: Int

  /// - Parameter base: the variables that every hook gets.
  init(_ hook: Hook, base: [String: String]) throws(HookStartFailure) {
    switch hook.command {
    case .run(let words): (arguments, firstCut) = (words.map(Self.withoutNUL), 1)
    case .shell(let script): (arguments, firstCut) = (["/bin/sh", "-c", Self.withoutNUL(script)], 3)
    }
    environment = base
    var names: Set<String> = []
    for (name, value) in hook.environment {
      let characters = name.utf8
      guard !characters.isEmpty, !characters.contains(UInt8(ascii: "=")), !characters.contains(0) else {
        throw .unusableName(name)
      }
      environment[name] = Self.withoutNUL(value)
      names.insert(name)
    }
    given = names.sorted()
  }

  mutating func fit(_ budget: LaunchBudget) {
    cut(arguments: LaunchBudget.maxString, values: HookLaunch.maxValue)
    let cuttable = arguments.dropFirst(firstCut).map(\.utf8.count) + given.map { environment[$0]?.utf8.count ?? 0 }
    let all =
      arguments.reduce(0) { $0 + LaunchBudget.cost($1.utf8.count) }
      + environment.reduce(0) { $0 + LaunchBudget.cost($1.key.utf8.count + 1 + $1.value.utf8.count) }
    let fixed = all - cuttable.reduce(0) { $0 + LaunchBudget.cost($1) }
    guard let longest = budget.longest(cuttable, fixed: fixed) else { return }
    // With less than this there is nothing to be read any more: let the system say that it is too long.
    guard longest >= 16 else { return }
    cut(arguments: longest, values: longest)
  }

  private mutating func cut(arguments maxArgument: Int, values maxValue: Int) {
    for index in arguments.indices.dropFirst(firstCut) where arguments[index].utf8.count > maxArgument {
      arguments[index] = UTF8Cut.shorten(arguments[index], toBytes: maxArgument)
      note("argument \(index)")
    }
    for name in given {
      guard let value = environment[name], value.utf8.count > maxValue else { continue }
      environment[name] = UTF8Cut.shorten(value, toBytes: maxValue)
      note(name)
    }
  }

  private mutating func note(_ name: String) {
    if !shortened.contains(name) { shortened.append(name) }
  }

  /// A C string ends at its first NUL: what follows would silently vanish.
  private static func withoutNUL(_ text: String) -> String {
    guard text.utf8.contains(0) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
  }
}
