import Glibc

let usage = """
  vi-notify-fuzz json|rules|times [--seconds N] [--seed N] [--corpus FOLDER]… [--replay FILE]

  Changes the files of a corpus at random and sees that what reads them keeps its word. Run it at the root of the package.
  An input that breaks it is left in the file fuzz-TARGET.input; --replay tries one such file.
  """

func fail(_ text: String) -> Never {
  print(text)
  exit(64)
}

var words = CommandLine.arguments.dropFirst()
guard let name = words.popFirst(), let target = FuzzTarget(rawValue: name) else { fail(usage) }
var settings = FuzzSettings(target: target, seed: UInt64.random(in: 0...(.max)))
while let option = words.popFirst() {
  guard let value = words.popFirst() else { fail(usage) }
  switch (option, UInt64(value)) {
  case ("--seconds", let number?): settings.seconds = Int(clamping: number)
  case ("--seed", let number?): settings.seed = number
  case ("--corpus", _): settings.folders.append(value)
  case ("--replay", _): settings.replay = value
  default: fail(usage)
  }
}
exit(FuzzRun(settings).run() ? 0 : 1)
