import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
let usage = "usage: vi-notify-bench rules [DIR] | schedule [--seed N] | sink | transport"

switch arguments.first {
case "rules": RuleBenchmarks(directory: arguments.dropFirst().first).run()
case "schedule" where arguments.count == 1: ScheduleBenchmarks(seed: 1).run()
case "schedule" where arguments.count == 3 && arguments[1] == "--seed":
  if let seed = UInt64(arguments[2]) { ScheduleBenchmarks(seed: seed).run() } else { print(usage) }
case "sink":
  orExit { () throws(SinkFailure) in
    var sink = try SinkServer()
    sink.run()
  }
case "transport":
  await orExit { () throws(SinkFailure) in try TransportBenchmarks() }.run()
default: print(usage)
}

private func orExit<Result>(_ body: () throws(SinkFailure) -> Result) -> Result {
  do throws(SinkFailure) {
    return try body()
  } catch {
    print("vi-notify-bench: \(error)")
    exit(69)
  }
}
