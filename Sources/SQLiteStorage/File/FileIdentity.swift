import Glibc

/// Which file it is, whatever its names: no two files have the same as long as one of them is open or has a name.
struct FileIdentity: Sendable, Hashable {
  let device: dev_t
  let inode: ino_t

  /// Links are followed. Nil and `errno` when nothing is there or it can't be looked at.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    (device, inode) = (status.st_dev, status.st_ino)
  }

  /// As `/proc` writes it: the device's two numbers in hexadecimal, then the inode (proc_locks(5)).
  var lockTableName: String {
    func hexadecimal(_ value: dev_t) -> String {
      let digits = String(value, radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }
    // How glibc packs them into one number (makedev(3)).
    let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
    let minor = device & 0xFF | (device >> 12) & ~0xFF
    return "\(hexadecimal(major)):\(hexadecimal(minor)):\(inode)"
  }
}
