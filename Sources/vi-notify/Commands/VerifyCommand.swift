import ArgumentParser
import Daemon
import Glibc
import Rules
import Runs
import Secrets
import WireTime

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the signature of a received webhook.",
    discussion: """
      Reads the body from stdin, byte for byte as it arrived; id, timestamp and signature are its headers webhook-id, \
      webhook-timestamp and webhook-signature. Name the secret by a reference, never as an argument; a public key (whpk_…) may be \
      given directly. The exit status is 0 if the signature is right, otherwise 1, with what differs.

      EXAMPLE
        vi-notify verify --secret '${env:SECRET}' --id msg_1 --timestamp 1614265330 --signature v1,… < body
      """)

  @Option(help: ArgumentHelp("A reference to the secret: ${env:NAME} or ${file:/path}.", valueName: "reference"))
  var secret: String
  @Option(help: "The webhook-id header.")
  var id: String
  @Option(help: ArgumentHelp("The webhook-timestamp header, Unix seconds.", valueName: "seconds"))
  var timestamp: Int64
  @Option(help: "The webhook-signature header.")
  var signature: String
  @Option(
    help: ArgumentHelp("The maximum age, and lead over our clock; 5m as in all libraries.", valueName: "duration"))
  var tolerance: DurationArgument?

  func run() async throws {
    try await ending {
      let text = try secretText()
      let body = readBody()
      let key = try key(text)
      switch StandardWebhooks.verify(signature, id: id, timestamp: timestamp, body: body, key: key) {
      case .matches: try judgeTime()
      case .noneOfThisKind(let wanted):
        throw Failure(.no, "the header has no signature of this secret's kind, which begins with \(wanted),")
      case .differs: throw Failure(.no, "the signature is wrong: \(difference(text, body))")
      }
    }
  }

  private func secretText() throws(Failure) -> String {
    do {
      let reference = try ReferenceText(secret)
      guard reference.hasReferences || secret.hasPrefix("whpk_") else {
        throw Failure(
          .usage, "--secret takes a reference, so that the list of processes doesn't show the secret: '${env:NAME}'")
      }
      return try SecretSource(environment: Environment.variables).resolve(reference).revealed
    } catch let error as Failure {
      throw error
    } catch {
      throw Failure(.badConfiguration, "--secret: \(error)")
    }
  }

  private func key(_ text: String) throws(Failure) -> SigningKey {
    do throws(SigningKeyError) {
      return try SigningKey(Secret(text))
    } catch {
      throw Failure(.badConfiguration, "\(error); \(error.hint)")
    }
  }

  private func readBody() -> [UInt8] {
    var body: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count <= 0 { return body }
      body += chunk[..<count]
    }
  }

  private func judgeTime() throws(Failure) {
    let age = TimeSource.system.now() - Timestamp(milliseconds: timestamp.multipliedSaturated(by: 1000))
    let tolerance = tolerance?.duration ?? .seconds(300)
    guard age <= tolerance, age >= .zero - tolerance else {
      let when = age > .zero ? "is \(age.words) old" : "is \((.zero - age).words) ahead"
      throw Failure(
        .no, "the signature is right, but its timestamp \(when): a receiver accepts at most \(tolerance.words)")
    }
    Console.shared.print("The signature is right.")
  }

  /// The common mistake that would explain the signature.
  private func difference(_ text: String, _ body: [UInt8]) -> String {
    let others: [(key: SigningKey?, body: [UInt8], why: String)] = [
      (nil, body + [0x0A], "it was made over the body with a line feed at its end"),
      (nil, Array(body.dropLast()), "it was made over the body without its last byte (a line feed that was added?)"),
      (nil, body.filter { $0 != 0x0D }, "it was made over the body with other line endings"),
      (SigningKey(rawText: text), body, "it was made with the text of the secret, which must be decoded from base64"),
      (
        SigningKey(rawText: text.hasPrefix("whsec_") ? String(text.dropFirst(6)) : text), body,
        "it was made with the text of the secret behind whsec_, which must be decoded from base64"
      ),
    ]
    let key = try? SigningKey(Secret(text))
    let found = others.first { other in
      guard let key = other.key ?? key else { return false }
      return StandardWebhooks.verify(signature, id: id, timestamp: timestamp, body: other.body, key: key) == .matches
    }
    return found?.why ?? "another secret, id, timestamp or body (\(body.count) bytes were read)"
  }
}
