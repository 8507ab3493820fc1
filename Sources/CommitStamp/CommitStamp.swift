import Foundation
import PackagePlugin

/// Gives the program the commit of which it is built: `let builtCommit: String?`.
///
/// Its inputs are the log of what HEAD was and every source file, so that a commit, a checkout and an edit each make it say anew
/// what is built; it writes the file only when that is something else. Two ways not taken: SwiftPM's own answer
/// (`Context.gitInformation`) is kept with the manifest and grows old, and a command before the build runs only when files are added.
/// A tree without git, as of a tarball, has no commit.
@main
struct CommitStamp: BuildToolPlugin {
  private static let script = """
    commit=$(git -C "$1" rev-parse --short=12 HEAD 2>/dev/null) || commit=
    if [ -n "$commit" ]; then
      git -C "$1" diff --quiet HEAD -- Package.swift Sources 2>/dev/null || commit="$commit, changed"
      said="let builtCommit: String? = \\"$commit\\""
    else
      said="let builtCommit: String? = nil"
    fi
    [ "$said" = "$(cat "$2" 2>/dev/null)" ] || printf '%s\\n' "$said" > "$2"
    """

  func createBuildCommands(context: PluginContext, target: any Target) -> [Command] {
    let root = context.package.directoryURL
    let file = context.pluginWorkDirectoryURL.appending(path: "BuiltCommit.swift")
    let sources = root.appending(path: "Sources")
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: sources.path)) ?? []
    let files = names.filter { $0.contains(".") }.map { sources.appending(path: $0) }
    let history = root.appending(path: ".git/logs/HEAD")
    return [
      .buildCommand(
        displayName: "The commit that is built", executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", Self.script, "sh", root.path, file.path],
        inputFiles: files + (FileManager.default.fileExists(atPath: history.path) ? [history] : []),
        outputFiles: [file])
    ]
  }
}
