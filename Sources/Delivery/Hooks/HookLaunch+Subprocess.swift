import Glibc
import Subprocess
import SystemPackage

extension HookLaunch {
  /// swift-subprocess closes all descriptors but 0, 1 and 2, and gives signals their default disposition and an empty mask.
  var configuration: Configuration {
    var options = PlatformOptions()
    options.processGroupID = 0
    // When our task is cancelled, swift-subprocess would kill the leader at once. Stopping is HookWatch's; this step sends
    // nothing (signal 0) and waits for the leader's end.
    options.teardownSequence = [.send(signal: Signal(rawValue: 0), allowedDurationToNextStep: .seconds(365 * 86_400))]
    let variables = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
    return Configuration(
      executable: .path(FilePath(executable)),
      arguments: Arguments(executablePathOverride: arguments.first, remainingValues: Array(arguments.dropFirst())),
      environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
      workingDirectory: workingDirectory.map { FilePath($0) },
      platformOptions: options)
  }

  /// What an error of swift-subprocess means, given that the file and the directory were found in order a moment ago.
  func failure(from error: any Error) -> HookStartFailure {
    guard let error = error as? SubprocessError else { return .lost }
    switch (error.code, error.underlyingError) {
    case (.executableNotFound, _): return .interpreterMissing(executable)
    case (.spawnFailed, .execFormatError?): return .notAProgram(executable)
    case (.spawnFailed, .argListTooLong?): return .tooLong
    case (.spawnFailed, let code), (.failedToChangeWorkingDirectory, let code):
      return .system(errno: code?.rawValue ?? EIO)
    default: return .lost
    }
  }
}
