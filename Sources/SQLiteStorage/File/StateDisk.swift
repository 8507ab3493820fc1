internal import CDisk
import Glibc
internal import Storage

/// What kind of file system a state is to lie on. SQLite's log needs memory that all processes with the state share, and locks
/// that hold: no file system that a network is behind has both (sqlite.org/wal.html, sqlite.org/howtocorrupt.html, 2.1).
struct StateDisk: Sendable {
  /// The magic number of the file system that holds a directory (statfs(2)), and its name in the table of mounts where it
  /// could be found. Nil: nothing can be told.
  let look: @Sendable (_ directory: String) -> (type: Int64, name: String?)?

  static let system = StateDisk { directory in
    let type = cdisk_file_system(directory)
    guard type >= 0 else { return nil }
    return (type, mountedName(of: directory))
  }

  /// Throws `networkDisk` when the place, or the nearest directory above it that is there, lies on a network.
  ///
  /// - Parameter path: the path to name.
  func check(_ place: String, of path: String) throws(StorageError) {
    var directory = StateFile.directory(of: place)
    while !StateFile.exists(directory), directory != "/", directory != "." {
      directory = StateFile.directory(of: directory)
    }
    guard let (type, name) = look(directory), let kind = Self.network(type: type, name: name) else { return }
    throw .networkDisk(path: path, kind: kind)
  }

  /// The kind of network that is behind a file system; nil: none that we know of.
  static func network(type: Int64, name: String?) -> String? {
    if let kind = magic[UInt32(truncatingIfNeeded: type)] { return kind }
    let name = (name ?? "").lowercased()
    // FUSE has one number for all its kinds; theirs are in the name, such as `fuse.sshfs`.
    guard name.hasPrefix("fuse.") else { return nil }
    return networkKinds.contains { name.dropFirst("fuse.".count).hasPrefix($0) } ? name : nil
  }

  /// Numbers of linux/magic.h and of the file systems' own headers.
  private static let magic: [UInt32: String] = [
    0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x0102_1997: "9p", 0x5346_414F: "AFS",
    0x6B41_4653: "AFS", 0x7375_7245: "Coda", 0x564C: "NCP", 0x00C3_6400: "Ceph", 0x0BD0_0BD0: "Lustre",
    0x1983_0326: "BeeGFS",
  ]
  /// How the names of FUSE's kinds begin; `http` is a source that stands for the kind.
  private static let networkKinds = [
    "sshfs", "s3", "mount-s3", "mountpoint-s3", "goofys", "gcsfuse", "blobfuse", "rclone", "gluster", "ceph", "juicefs",
    "seaweed", "weed", "mfs", "moosefs", "lizardfs", "saunafs", "davfs", "webdav", "http", "curlftpfs", "smb", "cifs",
    "nfs", "afp", "google-drive", "onedriver", "dropbox", "osxfs", "grpcfuse", "hdfs", "alluxio", "ossfs", "cosfs",
    "obsfs", "beegfs", "vmhgfs",
  ]

  /// The type in the line of `/proc/self/mountinfo` that is about the directory's device (proc_pid_mountinfo(5)).
  static func mountedName(of directory: String, in table: String) -> String? {
    guard let device = FileIdentity(path: directory)?.device else { return nil }
    let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
    let minor = device & 0xFF | (device >> 12) & ~0xFF
    return mountedName(device: "\(major):\(minor)", in: table)
  }

  /// - Parameter device: such as `98:0`.
  static func mountedName(device: String, in table: String) -> String? {
    for line in table.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 6, fields[2] == device, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else {
        continue
      }
      // A kind without a name of its own is told by its source.
      let isNameless = fields[dash + 1] == "fuse" && dash + 2 < fields.count
      return isNameless ? "fuse.\(fields[dash + 2])" : String(fields[dash + 1])
    }
    return nil
  }

  private static func mountedName(of directory: String) -> String? {
    guard let file = fopen("/proc/self/mountinfo", "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return mountedName(of: directory, in: String(decoding: bytes, as: UTF8.self))
  }
}
