internal import CDisk
internal import FoundationEssentials
internal import Glibc
internal import WireTime

/// Creates a directory and its missing parents. Follows links on the way.
func makeDirectories(_ path: String) throws(DownloadError) {
  if mkdir(path, 0o777) == 0 { return }
  if errno == EEXIST { return try checkDirectory(path) }
  let number = errno
  guard number == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
    throw .disk(path: path, number: number)
  }
  try makeDirectories(String(path[..<slash]))
  guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .disk(path: path, number: errno) }
}

/// The existing entry may be a file, or a dangling link.
private func checkDirectory(_ path: String) throws(DownloadError) {
  var status = stat()
  guard stat(path, &status) == 0 else { throw .disk(path: path, number: errno) }
  guard status.st_mode & S_IFMT == S_IFDIR else { throw .disk(path: path, number: ENOTDIR) }
}

/// Removes a file, or a directory with its contents. A missing one is okay; links are removed, not followed.
func removeTree(_ path: String) throws(DownloadError) {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  do {
    try FileManager.default.removeItem(atPath: path)
  } catch {
    let number = (error as? CocoaError)?.underlying.flatMap { ($0 as? POSIXError)?.code.rawValue }
    throw .disk(path: path, number: number ?? EIO)
  }
}

/// The size of all files in a directory and below it.
func treeBytes(_ path: String) -> Int64 {
  let names = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
  return names.reduce(0) { sum, name in
    var status = stat()
    guard stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return sum }
    return sum.addingSaturated(Int64(status.st_size))
  }
}

/// Atomically replaces `place` by the folder `new`: a reader sees the old or the new one, complete. The old one is then at
/// `new`.
func swapIn(_ new: String, at place: String) throws(DownloadError) {
  if cdisk_rename_new(new, place) == 0 { return }
  if errno == EEXIST, cdisk_exchange(new, place) == 0 { return }
  guard errno == EINVAL || errno == ENOSYS else { throw .disk(path: place, number: errno) }
  // This file system can't exchange two names: for a moment there is no model, but never half of one.
  let old = new + ".old"
  try removeTree(old)
  guard rename(place, old) == 0 || errno == ENOENT else { throw .disk(path: place, number: errno) }
  guard rename(new, place) == 0 else { throw .disk(path: place, number: errno) }
  try removeTree(old)
}

/// Makes the entries of a directory durable, but not their contents.
///
/// - Parameter isUsers: the user named the directory, so it may be a link.
func syncDirectory(_ path: String, isUsers: Bool = false) throws(DownloadError) {
  let directory = try Descriptor(path, O_RDONLY | O_DIRECTORY, follows: isUsers)
  try directory.check(fsync(directory.number))
}
