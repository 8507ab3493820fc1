import Glibc
internal import HTTPSyntax
package import Rules
package import Runs
package import Secrets
package import Storage
package import Transport
package import ViAPI

/// A rules file, read and checked, together with what it was read from.
package struct Configuration: Sendable {
  package let file: RuleFile
  package let rules: RuleSet
  package let secrets: SecretSource
  /// Nil: it was read from no file.
  let origin: Origin?
  /// The file as it may be kept.
  package var copy: RuleFileCopy {
    let bytes = RuleFile.copy(of: bytes, masking: masks)
    return RuleFileCopy(digest: RunEvent.digest([String(decoding: bytes, as: UTF8.self)]), bytes: bytes)
  }

  private let bytes: [UInt8]
  private let masks: [SecretMask]

  /// Where a configuration was read, to read it anew.
  struct Origin: Sendable {
    let path: String
    /// Before it was read, so that a change while it was is seen; nil: it couldn't be looked at.
    let stamp: FileStamp?
    let machine: Machine
  }

  /// What reading a rules file brought to light.
  package struct Check: Sendable {
    /// Nil when there is an error among the diagnostics.
    package let configuration: Configuration?
    package let diagnostics: [Diagnostic]
    package let bytes: [UInt8]
    /// Where secrets stand in `bytes`: nobody is shown these parts.
    package let secretPlaces: [Range<Int>]
  }

  /// Largest rules file that is read, 16 MiB.
  private static let largestFile = 16 << 20

  /// Throws ``Failure`` with `badConfiguration` when there is no such file or it can't be read.
  package static func check(
    path: String, secrets: SecretSource, machine: Machine = .unknown
  ) throws(Failure) -> Check {
    let origin = Origin(path: path, stamp: FileStamp(path: path), machine: machine)
    return check(try read(path), secrets: secrets, machine: machine, origin)
  }

  package static func check(
    _ bytes: [UInt8], secrets: SecretSource, machine: Machine = .unknown
  ) -> Check {
    check(bytes, secrets: secrets, machine: machine, nil)
  }

  /// The same file as it is now, checked with the same secrets: what is redacted stays so.
  ///
  /// - Parameter unlessUnchanged: nil is returned when every byte of it is the same.
  func reread(_ origin: Origin, unlessUnchanged: Bool) throws(Failure) -> Check? {
    let origin = Origin(path: origin.path, stamp: FileStamp(path: origin.path), machine: origin.machine)
    let bytes = try Self.read(origin.path)
    if unlessUnchanged, bytes == self.bytes { return nil }
    return Self.check(bytes, secrets: secrets, machine: origin.machine, origin)
  }

  private static func check(
    _ bytes: [UInt8], secrets: SecretSource, machine: Machine, _ origin: Origin?
  ) -> Check {
    let reading = RuleFile.reading(bytes, secrets: secrets, machine: machine)
    var (configuration, diagnostics): (Configuration?, [Diagnostic]) = (nil, reading.diagnostics)
    do throws(Diagnostic) {
      configuration = try reading.file.map { file throws(Diagnostic) in
        Configuration(
          file: file, rules: try RuleSet(file), secrets: secrets, origin: origin, bytes: bytes, masks: reading.masks)
      }
    } catch {
      diagnostics.append(error)
    }
    // Locate secrets only when there are diagnostics to print. One that stands where none belongs is found by its value, or by
    // the name of the field that it was meant for.
    guard !diagnostics.isEmpty else {
      return Check(configuration: configuration, diagnostics: [], bytes: bytes, secretPlaces: [])
    }
    let redactor = secrets.redactor
    return Check(
      configuration: configuration,
      diagnostics: diagnostics.map { found in
        Diagnostic(
          offset: found.offset, severity: found.severity, redactor.redact(found.message),
          hint: found.hint.map { redactor.redact($0) })
      },
      bytes: bytes,
      secretPlaces: reading.masks.map(\.range) + secrets.redactor.places(in: bytes)
        + WrittenCredentials.places(in: bytes))
  }

  /// - Parameter path: `-`: standard input, read to its end.
  private static func read(_ path: String) throws(Failure) -> [UInt8] {
    guard let file = path == "-" ? fdopen(dup(STDIN_FILENO), "r") : fopen(path, "re") else {
      throw Failure(
        .badConfiguration,
        "the rules file \(path) can't be read: \(String(cString: strerror(errno))); name another with --rules FILE")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= largestFile {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    guard ferror(file) == 0 else {
      throw Failure(.badConfiguration, "the rules file \(path) can't be read: \(String(cString: strerror(errno)))")
    }
    guard bytes.count <= largestFile else {
      throw Failure(.badConfiguration, "the rules file \(path) is larger than 16 MiB; split it over several watchers")
    }
    return bytes
  }
}

extension SourceSettings {
  /// The client for this source, which looks everything up anew when it is used.
  ///
  /// - Parameters:
  ///   - former: of the same API, whose clock the new one knows as well.
  ///   - warn: gets a line for what was put right in a value.
  /// - Throws: ``Failure`` with `badConfiguration`, naming the variables that are missing or can't be sent.
  package func client(
    _ secrets: SecretSource, _ http: HTTPClient, _ time: TimeSource, after former: ViClient? = nil,
    warn: (String) -> Void = { _ in }
  ) throws(Failure) -> ViClient {
    let access = try access(secrets, warn: warn)
    let ca = try self.ca.map { text throws(Failure) in
      do throws(SecretError) {
        return try secrets.resolvePlain(text)
      } catch {
        throw Failure(.badConfiguration, "source.ca: \(error); \(error.hint)")
      }
    }
    return ViClient(access, caFile: ca, http: http, time: time, after: former) {
      try self.access(secrets, warn: { _ in })
    }
  }

  private func access(_ secrets: SecretSource, warn: (String) -> Void) throws(Failure) -> SourceAccess {
    var (missing, unfit): ([String], [String]) = ([], [])
    func found(_ text: ReferenceText, as field: SecretField) -> Secret? {
      do throws(SecretError) {
        let fit = try secrets.sendable(text, as: field)
        for warning in fit.warnings { warn(warning) }
        return fit.value
      } catch {
        let words = "\(error); \(error.hint)"
        if case .unsendable = error { unfit.append(words) } else { missing.append(words) }
        return nil
      }
    }
    let endpoint = found(self.endpoint, as: .endpoint)
    let organization = found(self.organization, as: .plain)
    let secretKey = found(self.secretKey, as: .credential)
    guard let endpoint, let organization, let secretKey else {
      let lack = missing.isEmpty ? [] : ["no credentials for the Vi API: " + missing.joined(separator: "\n")]
      throw Failure(.badConfiguration, (unfit + lack).joined(separator: "\n"))
    }
    guard secretKey.revealed.count >= Redactor.shortest else {
      throw Failure(
        .badConfiguration,
        "the secret key of the Vi API is shorter than \(Redactor.shortest) characters; check DATATURE_VI_SECRET_KEY")
    }
    do throws(URLProblem) {
      _ = try HTTPURL(endpoint.revealed)
    } catch {
      throw Failure(.badConfiguration, "the endpoint of the Vi API \(error); check DATATURE_VI_API_ENDPOINT")
    }
    return SourceAccess(
      endpoint: endpoint.revealed, organization: organization.revealed, secretKey: secretKey)
  }
}
