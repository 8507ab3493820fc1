import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())

switch arguments.first {
case "rules": RuleBenchmarks(directory: arguments.dropFirst().first).run()
case "schedule" where arguments.count == 1: ScheduleBenchmarks(seed: 1).run()
case "schedule" where arguments.count == 3 && arguments[1] == "--seed":
  if let seed = UInt64(arguments[2]) { ScheduleBenchmarks(seed: seed).run() } else { explain() }
case "sink" where arguments.count <= 2:
  orExit { () throws(ServerFailure) in
    guard let delay = UInt64(arguments.count == 2 ? arguments[1] : "0") else { return explain() }
    var sink = try SinkServer(delay: delay)
    sink.run()
  }
case "transport":
  await orExit { () throws(ServerFailure) in try TransportBenchmarks() }.run()
case "serve-runs":
  orExit { () throws(ServerFailure) in
    guard var server = try RunListServer(arguments.dropFirst()) else { return explain() }
    server.run()
  }
case "watch" where arguments.dropFirst().allSatisfy(WatchBenchmarks.cases.contains):
  try await WatchBenchmarks.run(Array(arguments.dropFirst()))
case "soak" where arguments.count <= 2:
  if let sweeps = Int(arguments.count == 2 ? arguments[1] : "500"), sweeps > 10 {
    try await Soak.run(sweeps: sweeps)
  } else {
    explain()
  }
case "serve-model":
  orExit { () throws(ServerFailure) in
    guard let server = try ModelServer(arguments.dropFirst()) else { return explain() }
    server.run()
  }
case "download-model" where arguments.count == 3:
  try await ModelBenchmarks.download(endpoint: arguments[1], directory: arguments[2])
case "telemetry" where arguments.count == 1: TelemetryBenchmarks.run()
case "hooks" where arguments.count == 1: await HookBenchmarks().run()
case "models" where arguments.count <= 3:
  if let megabytes = Int(arguments.count > 1 ? arguments[1] : "1000"), megabytes > 0 {
    try ModelBenchmarks.run(megabytes: megabytes, directory: arguments.count > 2 ? arguments[2] : nil)
  } else {
    explain()
  }
case "deliver":
  try await orExit { () throws(ServerFailure) in try DeliverBenchmarks(directory: arguments.dropFirst().first) }.run()
case "postgres" where arguments.dropFirst().allSatisfy(PostgresBenchmarks.cases.contains):
  do { try await PostgresBenchmarks.run(Array(arguments.dropFirst())) } catch { giveUp("\(error)") }
case "deliver-waiting": try await DeliverBenchmarks.reportMemory(path: arguments.dropFirst().first ?? "")
default: explain()
}

private func explain() {
  print(
    """
    usage: vi-notify-bench rules [DIR] | schedule [--seed N] | transport | deliver [DIR] | hooks | telemetry
           vi-notify-bench watch [CASE]… | soak [SWEEPS] | postgres [deliver | history | scale | idle]…
           vi-notify-bench sink [MILLISECONDS] | serve-runs COUNT MOVING [PAGE]
           vi-notify-bench models [MEGABYTES [DIR]] | serve-model MEGABYTES
    """)
}

private func orExit<Result>(_ body: () throws(ServerFailure) -> Result) -> Result {
  do throws(ServerFailure) {
    return try body()
  } catch {
    print("vi-notify-bench: \(error)")
    exit(69)
  }
}
