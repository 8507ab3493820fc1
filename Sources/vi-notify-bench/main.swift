import Glibc

let arguments = CommandLine.arguments.dropFirst()

switch arguments.first {
case "rules": RuleBenchmarks(directory: arguments.dropFirst().first).run()
case "sink":
  orExit { () throws(SinkFailure) in
    var sink = try SinkServer()
    sink.run()
  }
case "transport":
  await orExit { () throws(SinkFailure) in try TransportBenchmarks() }.run()
case "deliver":
  try await orExit { () throws(SinkFailure) in try DeliverBenchmarks(directory: arguments.dropFirst().first) }.run()
case "deliver-waiting": try await DeliverBenchmarks.reportMemory(path: arguments.dropFirst().first ?? "")
default: print("usage: vi-notify-bench rules [DIR] | sink | transport | deliver [DIR]")
}

private func orExit<Result>(_ body: () throws(SinkFailure) -> Result) -> Result {
  do throws(SinkFailure) {
    return try body()
  } catch {
    print("vi-notify-bench: \(error)")
    exit(69)
  }
}
