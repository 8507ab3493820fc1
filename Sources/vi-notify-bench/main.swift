import Glibc

let arguments = CommandLine.arguments.dropFirst()

switch arguments.first {
case "rules": RuleBenchmarks(directory: arguments.dropFirst().first).run()
case "sink":
  do throws(SinkFailure) {
    var sink = try SinkServer()
    sink.run()
  } catch {
    print("vi-notify-bench: \(error)")
    exit(69)
  }
default: print("usage: vi-notify-bench rules [DIR] | sink")
}
