let arguments = Array(CommandLine.arguments.dropFirst())
let usage = "usage: vi-notify-bench rules [DIR] | schedule [--seed N]"

switch arguments.first {
case "rules": RuleBenchmarks(directory: arguments.dropFirst().first).run()
case "schedule" where arguments.count == 1: ScheduleBenchmarks(seed: 1).run()
case "schedule" where arguments.count == 3 && arguments[1] == "--seed":
  if let seed = UInt64(arguments[2]) { ScheduleBenchmarks(seed: seed).run() } else { print(usage) }
default: print(usage)
}
