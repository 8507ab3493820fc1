import Glibc

/// A program that downloads the model of ``ModelServer``, unpacks it and prints wall and CPU seconds and peak MB of that.
struct OtherDownloader {
  let name: String
  let program: String
  let arguments: (_ endpoint: String, _ folder: String) -> [String]
}

/// The vendor's SDK where there is one; without its start, which takes longer than most of its work.
func otherDownloader() -> OtherDownloader {
  guard let python = getenv("VI_SDK_PYTHON").map({ String(cString: $0) }), !python.isEmpty else {
    return OtherDownloader(
      name: "curl_tar", program: "/usr/bin/python3",
      arguments: { ["-c", curlScript, "\($0)/files/model.tar", $1, ModelServer.run] })
  }
  return OtherDownloader(
    name: "sdk", program: python, arguments: { _, folder in ["-c", sdkScript, folder, ModelServer.run] })
}

private let sdkScript = """
  from resource import RUSAGE_SELF, getrusage
  from sys import argv
  from time import monotonic
  from vi import Client
  def cpu():
      used = getrusage(RUSAGE_SELF)
      return used.ru_utime + used.ru_stime
  with Client() as client:
      wall, before = monotonic(), cpu()
      client.models.download(argv[2], save_dir=argv[1], show_progress=False)
      wall, used = monotonic() - wall, cpu() - before
  peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:")).split()[1]
  print(wall, used, int(peak) / 1000, flush=True)
  """

private let curlScript = """
  from os import makedirs, unlink
  from resource import RUSAGE_CHILDREN, getrusage
  from subprocess import run as execute
  from sys import argv
  from time import monotonic
  url, folder, run = argv[1:]
  wall = monotonic()
  makedirs(folder + "/" + run)
  execute(["curl", "-sf", "-o", folder + "/model.tar", url], check=True)
  execute(["tar", "-xf", folder + "/model.tar", "-C", folder + "/" + run], check=True)
  unlink(folder + "/model.tar")
  used = getrusage(RUSAGE_CHILDREN)
  print(monotonic() - wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, flush=True)
  """
