let arguments = CommandLine.arguments.dropFirst()

switch arguments.first {
case "rules": RuleBenchmarks(directory: arguments.dropFirst().first).run()
default: print("usage: vi-notify-bench rules [DIR]")
}
