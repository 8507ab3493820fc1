import Foundation
import PackagePlugin

/// Gives the program the commit of which it is built: `let builtCommit: String?`.
///
/// It runs before every build, not only when a file of ours has changed: a commit changes none, and SwiftPM's own answer
/// (`Context.gitInformation`) is kept with the manifest and grows old. The file is written only when it says something else, so that
/// nothing is compiled for it otherwise. A tree without git, as of a tarball, has no commit.
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
    let file = context.pluginWorkDirectoryURL.appending(path: "BuiltCommit.swift")
    return [
      .prebuildCommand(
        displayName: "The commit that is built", executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", Self.script, "sh", context.package.directoryURL.path, file.path],
        outputFilesDirectory: context.pluginWorkDirectoryURL)
    ]
  }
}
