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
  import sys, time
  from resource import RUSAGE_SELF, getrusage
  from vi import Client
  def cpu():
      used = getrusage(RUSAGE_SELF)
      return used.ru_utime + used.ru_stime
  with Client() as client:
      wall, before = time.monotonic(), cpu()
      client.models.download(sys.argv[2], save_dir=sys.argv[1], show_progress=False)
      wall, used = time.monotonic() - wall, cpu() - before
  peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:")).split()[1]
  print(wall, used, int(peak) / 1000, flush=True)
  """

private let curlScript = """
  import os, subprocess, sys, time
  from resource import RUSAGE_CHILDREN, getrusage
  url, folder, run = sys.argv[1:]
  wall = time.monotonic()
  os.makedirs(folder + "/" + run)
  subprocess.run(["curl", "-sf", "-o", folder + "/model.tar", url], check=True)
  subprocess.run(["tar", "-xf", folder + "/model.tar", "-C", folder + "/" + run], check=True)
  os.unlink(folder + "/model.tar")
  used = getrusage(RUSAGE_CHILDREN)
  print(time.monotonic() - wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, flush=True)
  """
