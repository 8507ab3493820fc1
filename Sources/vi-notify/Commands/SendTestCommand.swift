import ArgumentParser
import Daemon
import Delivery
import JSONSource
import Rules
import Runs
import Secrets
import Transport

struct SendTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send-test", abstract: "Send a marked test message to one destination, and say what it answered.",
    discussion: """
      One attempt, outside of every rule: no state is read or written, and quiet hours and rate limits don't hold it back. \
      The message says that it is a test. The exit status is 0 when the service accepted it, and 1 when not.

      EXAMPLE
        vi-notify send-test team-chat --rules rules.json
      """)

  @Argument(help: "The destination's name in the rules file.")
  var destination: String
  @Option(help: "The rules file.")
  var rules: String
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let configuration = try Configuration.load(rules, omitted: "nothing was sent")
      let file = configuration.file
      guard let settings = file.destinations.first(where: { $0.name == destination }) else {
        let names = file.destinations.map(\.name)
        let known =
          names.isEmpty
          ? "it describes none" : "there are: \(nearest(to: destination, among: names).joined(separator: ", "))"
        throw Failure(.no, "there is no destination \(destination) in \(rules); \(known)")
      }
      let http = Environment.http()
      let organization = try? configuration.secrets.resolvePlain(file.source.organization)
      let verdict = await TestMessage(
        organization: organization ?? "test", link: file.source.link, now: TimeSource.system.now()
      ).send(to: settings, http: http, secrets: configuration.secrets, time: .system)
      await http.close()
      report(verdict, settings)
      if !verdict.isAccepted { throw Failure(.no, "") }
    }
  }

  private func report(_ verdict: TestMessage.Verdict, _ settings: DestinationSettings) {
    switch format.output {
    case .json:
      Console.shared.print(
        JSONWriter.object { json in
          json.member("destination", settings.name)
          json.member("type", settings.kind.rawValue)
          json.member("accepted", verdict.isAccepted)
          json.member("reason", verdict.reason?.rawValue)
          json.member("status", verdict.status)
          json.member("detail", verdict.detail)
          json.member("answer", verdict.answer)
        })
    case .table:
      let name = "\(settings.name) (\(settings.kind))"
      if verdict.isAccepted {
        Console.shared.print("\(name) accepted the test message: \(verdict.detail)")
      } else {
        Console.shared.print("\(name) did not accept the test message: \(verdict.detail)")
        if let advice = verdict.reason?.advice { Console.shared.print("what to do: \(advice)") }
      }
      let answer = verdict.answer.trimmingPrefix { $0.isWhitespace }
      if !answer.isEmpty { Console.shared.print("it said: \(String(answer.prefix(500)))") }
    }
  }
}

extension FailureReason {
  /// What a person can do about it.
  fileprivate var advice: String {
    switch self {
    case .unauthorized: "check the token, key or secret of this destination, and what it may do"
    case .gone: "the address works no more; make a new one where the service shows it, and put it into the rules file"
    case .rateLimited: "wait, and try again; messages of rules wait by themselves"
    case .serverError, .badAnswer: "try again later; if it stays, look whether this is the address of the service"
    case .clientError: "read what it said: the address, the channel or the message is not what it expects"
    case .redirected: "give the destination the address that the answer names"
    case .timedOut, .unreachable: "check the address, the network and the firewall between here and there"
    case .tlsFailed: "check the certificate; an authority of your own is named with \"ca\""
    case .forbiddenAddress: "the address is one that destinations must not reach; see \"allowPrivate\""
    case .notConfigured: "set the variable or file that the rules file names"
    case .hookFailed, .hookSignalled, .hookNotStarted, .hookAskedLater, .notReady, .downloadFailed, .badModel,
      .wrongForm,
      .diskFailed:
      "read the reason above"
    }
  }
}
