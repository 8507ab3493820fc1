internal import FoundationEssentials
internal import JSONSource

/// The layout of the vendor's SDK for models: `DIRECTORY/RUN/model_full/…`.
package enum ModelFolder {
  /// The SDK's default directory.
  package static let standard = "~/.datature/vi/models"

  /// Records the checkpoint. The SDK ignores it.
  static let markerName = ".vi-notify.json"

  /// Replaces a leading `~` by the home directory; other paths stay unchanged.
  ///
  /// - Parameter home: `HOME`.
  package static func expand(_ path: String, home: String?) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home, !home.isEmpty else { return path }
    return home + path.dropFirst()
  }

  /// Whether the SDK uses this folder without downloading: it has `model_full/run.json`, and every shard that `weight_map` names in
  /// `model_full/model.safetensors.index.json`, or, without an index, `model_full/model.safetensors`.
  ///
  /// - Parameter folder: `DIRECTORY/RUN`.
  package static func isComplete(_ folder: String) -> Bool {
    let model = folder + "/model_full"
    guard isFile(model + "/run.json") else { return false }
    let index = model + "/model.safetensors.index.json"
    guard FileManager.default.fileExists(atPath: index) else { return isFile(model + "/model.safetensors") }
    guard let bytes = readSmallFile(index, most: 64 << 20), let document = try? JSONDocument(parsing: bytes) else {
      return false
    }
    let shards = Set(document.root["weight_map"]?.members?.map(\.value.string) ?? [])
    // A name that leads out of the folder isn't a shard of this model.
    return !shards.isEmpty
      && shards.allSatisfy { name in
        guard let name, EntryName(name) != nil else { return false }
        return isFile("\(model)/\(name)")
      }
  }

  /// The checkpoint that we put into a folder; nil if unknown.
  static func checkpoint(of folder: String) -> String? {
    readSmallFile("\(folder)/\(markerName)", most: 65_536)
      .flatMap { try? JSONDocument(parsing: $0).root["checkpoint"]?.string }
  }

  /// - Parameter archive: the model's archive.
  static func marker(checkpoint: String, archive: RemoteFile) -> [UInt8] {
    JSONWriter.object {
      $0.member("checkpoint", checkpoint)
      $0.member("archiveBytes", archive.total)
      $0.member("archiveDigest", archive.digest?.text)
    } + [0x0A]
  }

  private static func isFile(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory
  }
}
