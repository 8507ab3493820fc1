/// What would keep a hook from starting on this machine, now: for warnings before there is anything to run.
package enum HookPreview {
  /// - Parameters:
  ///   - directory: in which it would run; nil: ours.
  ///   - path: `PATH`; nil: not set.
  /// - Returns: a clause; nil when it could start.
  package static func whyProgramFails(_ program: String, in directory: String?, path: String?) -> String? {
    do throws(HookStartFailure) {
      _ = try HookLaunch.executable(program, in: directory, path: path ?? HookLaunch.standardPath)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// - Returns: a clause; nil when something could start there.
  package static func whyDirectoryFails(_ path: String) -> String? {
    do throws(HookStartFailure) {
      _ = try HookLaunch.directory(path)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
