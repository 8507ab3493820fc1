internal import FoundationEssentials
internal import JSONSource

/// Where models are kept, in the layout of the vendor's SDK: `DIRECTORY/RUN/model_full/…`.
package enum ModelFolder {
  /// Where the SDK keeps them.
  package static let standard = "~/.datature/vi/models"

  /// Names the checkpoint. The SDK doesn't mind it.
  static let markerName = ".vi-notify.json"

  /// `~` and `~/…` become the home directory; anything else stays as it is.
  ///
  /// - Parameter home: `HOME`.
  package static func expand(_ path: String, home: String?) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home, !home.isEmpty else { return path }
    return home + path.dropFirst()
  }

  /// Whether the SDK takes this folder without downloading: `model_full/run.json` is there, and every shard that
  /// `weight_map` names in `model_full/model.safetensors.index.json`, or without an index `model_full/model.safetensors`.
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
    // A name that leads out of the folder is no shard of this model.
    return !shards.isEmpty
      && shards.allSatisfy { name in
        guard let name, EntryName(name) != nil else { return false }
        return isFile("\(model)/\(name)")
      }
  }

  /// The checkpoint that we put into a folder; nil where that is not known.
  static func checkpoint(of folder: String) -> String? {
    readSmallFile("\(folder)/\(markerName)", most: 65_536)
      .flatMap { try? JSONDocument(parsing: $0).root["checkpoint"]?.string }
  }

  /// - Parameter archive: what the model came in.
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
