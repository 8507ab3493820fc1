import Glibc
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// On which file systems a state may lie.
struct StateDiskTests {
  private static let fuse: Int64 = 0x6573_5546

  @Test(
    arguments: [
      (0x6969, nil, "NFS"), (0x6969, "nfs4", "NFS"), (0xFF53_4D42, "cifs", "CIFS"), (0xFE53_4D42, "smb3", "SMB"),
      (0x517B, "smbfs", "SMB"), (0x0102_1997, "9p", "9p"), (0x00C3_6400, "ceph", "Ceph"),
      (fuse, "fuse.sshfs", "fuse.sshfs"), (fuse, "fuse.s3fs", "fuse.s3fs"),
      (fuse, "fuse.glusterfs", "fuse.glusterfs"), (fuse, "fuse.GCSFuse", "fuse.gcsfuse"),
      (fuse, "fuse.https://files.example/dav", "fuse.https://files.example/dav"),
    ] as [(Int64, String?, String)])
  func `a network disk is known by its number, or by its name where many share one`(
    _ type: Int64, _ name: String?, _ kind: String
  ) {
    #expect(StateDisk.network(type: type, name: name) == kind)
  }

  @Test(
    arguments: [
      (0xEF53, "ext4"), (0x5846_5342, "xfs"), (0x9123_683E, "btrfs"), (0x0102_1994, "tmpfs"), (0x794C_7630, "overlay"),
      (0x2FC1_2FC1, "zfs"), (fuse, nil), (fuse, "fuseblk"), (fuse, "virtiofs"), (fuse, "fuse.mergerfs"),
      (fuse, "fuse.gocryptfs"), (fuse, "fuse.fuse-overlayfs"), (fuse, "fuse./dev/sda1"), (0, nil),
    ] as [(Int64, String?)])
  func `any other disk will do`(_ type: Int64, _ name: String?) {
    #expect(StateDisk.network(type: type, name: name) == nil)
  }

  @Test func `a state on a network disk is refused before anything is made there`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/new/deep/state.sqlite"
    let asked = scratch.path
    let disk = StateDisk { directory in directory == asked ? (Self.fuse, "fuse.sshfs") : nil }
    let error = #expect(throws: StorageError.self) { _ = try StateFile.make(path, on: disk) }
    #expect(error == .networkDisk(path: path, kind: "fuse.sshfs"))
    #expect(access("\(scratch.path)/new", F_OK) != 0)
  }

  @Test func `a link's target counts, not the place of the link`() throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    try #require(mkdir("\(scratch.path)/far", 0o700) == 0 && symlink("far/state.sqlite", path) == 0)
    let disk = StateDisk { directory in directory.hasSuffix("/far") ? (0x6969, "nfs4") : (0xEF53, "ext4") }
    let error = #expect(throws: StorageError.self) { _ = try StateFile.make(path, on: disk) }
    #expect(error == .networkDisk(path: path, kind: "NFS"))
  }

  @Test func `the table of mounts is read by device`() {
    let table = """
      23 28 0:21 / /sys rw,nosuid - sysfs sysfs rw
      36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
      40 28 0:44 / /far rw shared:7 master:1 - fuse.sshfs me@host:/ rw
      41 28 0:45 / /dav rw - fuse https://files.example/ rw
      """
    #expect(StateDisk.mountedName(device: "98:0", in: table) == "ext3")
    #expect(StateDisk.mountedName(device: "0:44", in: table) == "fuse.sshfs")
    #expect(StateDisk.mountedName(device: "0:45", in: table) == "fuse.https://files.example/")
    #expect(StateDisk.mountedName(device: "9:9", in: table) == nil)
  }

  @Test func `the system's own answer is asked for`() throws {
    let found = try #require(StateDisk.system.look("/proc"))
    #expect(found.type == 0x9FA0)
    #expect(found.name == "proc")
    #expect(StateDisk.system.look("/nowhere") == nil)
  }
}
