import Glibc

/// The vendor's SDK as a yardstick: what its `list` costs to read all runs of a server.
enum VendorSDK {
  /// CPU seconds of one listing, the least of three; nil when `VI_SDK_PYTHON` names no python.
  static func listCPU(_ server: RunListProcess) throws(ServerFailure) -> Double? {
    guard let python = getenv("VI_SDK_PYTHON").map({ String(cString: $0) }), !python.isEmpty else { return nil }
    let folder: ScratchFolder
    do { folder = try ScratchFolder() } catch { throw ServerFailure("mkdir") }
    let process = try ChildProcess(
      python, [python, "-c", script],
      environment: [
        "PATH=/usr/bin:/bin", "HOME=\(folder.path)", "DATATURE_VI_API_ENDPOINT=\(server.endpoint)",
        "DATATURE_VI_SECRET_KEY=dtvi_\(String(repeating: "b", count: 98))",
        "DATATURE_VI_ORGANIZATION_ID=\(RunListing.organization)",
      ], isQuiet: true)
    guard let line = process.readLine(), let seconds = Double(line) else { giveUp("the vendor's SDK lists nothing") }
    return seconds
  }

  private static let script = """
    from resource import RUSAGE_SELF, getrusage
    from vi import Client
    def cpu():
        used = getrusage(RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
    def listing(client):
        before = cpu()
        count = sum(1 for _ in client.runs.list(pagination={"page_size": 100}).all_items())
        assert count > 100, count
        return cpu() - before
    with Client() as client:
        print(min(listing(client) for _ in range(3)), flush=True)
    """
}
