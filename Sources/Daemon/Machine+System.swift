internal import Hooks
package import Rules
internal import Transport

extension Machine {
  /// This machine, as a process with these variables finds it.
  package static func system(_ environment: [String: String]) -> Machine {
    let (home, path) = (environment["HOME"] ?? "", environment["PATH"])
    return Machine(
      home: home.isEmpty ? .missing : .known,
      whyProgramFails: { HookPreview.whyProgramFails($0, in: $1, path: path) },
      whyDirectoryFails: HookPreview.whyDirectoryFails,
      forbiddenAddress: { url, allowsPrivate in
        (allowsPrivate ? Egress.notMetadata : .publicOnly).refusal(ofURL: url)
      })
  }
}
