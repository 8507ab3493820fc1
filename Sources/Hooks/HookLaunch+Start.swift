import CProcess
import Glibc

/// The first process of a hook, as long as it is not reaped.
struct HookChild {
  let group: ProcessGroup
  /// Readable when it has ended; -1 before Linux 5.2. Whoever reaps it closes this.
  let descriptor: Int32
}

extension HookLaunch {
  /// Starts the hook's first process. To be called on the thread that then stays with it: when that ends, the process gets TERM.
  ///
  /// - Parameter place: where the guard's note of the group goes.
  func start(
    _ descriptors: HookDescriptors, _ guardian: HookGuard, place: Int32?
  ) throws(HookStartFailure) -> HookChild {
    let words = CStrings(arguments)
    let variables = CStrings(environment.map { "\($0.key)=\($0.value)" })
    let paths = CStrings([executable] + (workingDirectory.map { [$0] } ?? []))
    let child = withAccount { account in
      var program = cprocess_program()
      program.executable = UnsafePointer(paths.list[0])
      program.arguments = UnsafePointer(words.list)
      program.environment = UnsafePointer(variables.list)
      program.directory = UnsafePointer(paths.list[1])
      program.streams = (descriptors.stdin, descriptors.stdout.write, descriptors.stderr.write)
      program.umask = umask.map(Int32.init) ?? -1
      program.account = account
      program.groups = place == nil ? nil : guardian.groups
      program.place = place ?? -1
      return cprocess_start(&program)
    }
    if child.step != CPROCESS_STARTED { throw failure(at: child.step, child.error) }
    return HookChild(group: ProcessGroup(leader: child.process), descriptor: child.descriptor)
  }

  private func withAccount<Result>(_ body: (UnsafePointer<cprocess_account>?) -> Result) -> Result {
    guard let account else { return body(nil) }
    return account.groups.withUnsafeBufferPointer { groups in
      var given = cprocess_account(
        user: account.user, group: account.group, groups: groups.baseAddress, group_count: groups.count)
      return body(&given)
    }
  }

  /// What the kernel's answer means, given that the file and the directory were found in order a moment ago.
  private func failure(at step: cprocess_step, _ code: Int32) -> HookStartFailure {
    switch (step, code) {
    case (CPROCESS_EXECUTE, EACCES):
      account.map { .executableForbidden(executable, user: $0.text) } ?? .interpreterMissing(executable)
    case (CPROCESS_EXECUTE, ENOENT), (CPROCESS_EXECUTE, ENOTDIR): .interpreterMissing(executable)
    case (CPROCESS_EXECUTE, ENOEXEC): .notAProgram(executable)
    case (CPROCESS_EXECUTE, E2BIG): .tooLong
    case (CPROCESS_DIRECTORY, EACCES): .directoryForbidden(workingDirectory ?? "", user: account?.text)
    case (CPROCESS_ACCOUNT, _) where code != EAGAIN: .userRefused(account?.text ?? "", errno: code)
    default: .system(errno: code)
    }
  }
}

/// C strings, and NULL after the last.
private struct CStrings: ~Copyable {
  let list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    count = strings.count
    list = .allocate(capacity: count + 1)
    for (index, string) in strings.enumerated() { (list + index).initialize(to: strdup(string)) }
    (list + count).initialize(to: nil)
  }

  deinit {
    for index in 0..<count { free(list[index]) }
    list.deallocate()
  }
}
