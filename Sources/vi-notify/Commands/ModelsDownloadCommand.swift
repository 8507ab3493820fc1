import ArgumentParser
import Daemon
import Dispatch
import Glibc
import JSONSource
import Locking
import Models
import Runs
import Transport
import ViAPI

struct ModelsDownloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "download", abstract: "Download a run's model and print its folder.",
    discussion: """
      Uses the vendor SDK's folder layout: client.models.download() and ViModel(run_id=…) find the model there. Waits while the \
      run is active or its model isn't exported yet. An interrupted download resumes the next time. A model that is already there \
      isn't downloaded again; with --checkpoint, it is replaced unless it is known to be that checkpoint.

      EXAMPLE
        vi-notify models download run_abc123
        model=$(vi-notify models download run_abc123 --to ./models --timeout 2h)
      """)

  @OptionGroup var run: RunArgument
  @Option(help: "A model's id from models list; default: the one already downloaded, else the latest.")
  var checkpoint: String?
  @Option(help: ArgumentHelp("The directory for models, with one folder per run.", valueName: "dir"))
  var to = ModelFolder.standard
  @Option(help: ArgumentHelp("Give up after this long, such as 30m or 12h; default: never.", valueName: "duration"))
  var timeout: DurationArgument?
  @OptionGroup var format: OutputOption

  func validate() throws {
    guard checkpoint.map(Run.isValid(id:)) ?? true else {
      throw ValidationError(
        "\((checkpoint ?? "").debugDescription) isn't a model id: use letters, digits, _ and - only")
    }
  }

  func run() async throws {
    try await ending {
      let directory = try directory()
      let (http, storage) = (Environment.http(), Environment.storage())
      let client = try Environment.client(http)
      let downloader = ModelDownloader(client: client, http: storage, time: .system)
      let display = DownloadDisplay(run: run.id, time: .system)
      let wait = ModelWait(downloader: downloader, client: client, time: .system, display: display)
      let result = await firstEnd(display) { try await wait.download(run.id, checkpoint, to: directory) }
      await storage.close()
      await http.close()
      report(try result.get())
    }
  }

  private func directory() throws(Failure) -> String {
    let path = ModelFolder.expand(to, home: Environment.variables["HOME"])
    guard !path.isEmpty, !path.hasPrefix("~/"), path != "~" else {
      throw Failure(
        .badConfiguration, "there is no directory for models because HOME is not set; name one with --to DIR")
    }
    return path
  }

  private func report(_ model: DownloadedModel) {
    switch format.output {
    case .table: Console.shared.print(Array(model.path.utf8))
    case .json:
      Console.shared.print(
        JSONWriter.object {
          $0.member("path", model.path)
          $0.member("bytes", model.bytes)
          $0.member("downloaded", !model.wasThere)
        })
    }
  }

  /// Returns the first of: the model, the timeout, a signal. The others are cancelled and awaited.
  private func firstEnd(
    _ display: DownloadDisplay, _ work: @escaping @Sendable () async throws -> DownloadedModel
  ) async -> Result<DownloadedModel, any Error> {
    let (signals, continuation) = AsyncStream.makeStream(of: Int32.self)
    let count = Locked(0)
    let sources = signalSources { number in
      // The downloaded part is being saved; a second signal doesn't wait for that.
      if count.withLock({
        $0 += 1
        return $0
      }) > 1 {
        _exit(128 + number)
      }
      continuation.yield(number)
    }
    defer { for source in sources { source.cancel() } }
    return await withTaskGroup(of: Result<DownloadedModel, any Error>.self) { group in
      group.addTask { await Result(catching: work) }
      group.addTask { .failure(await Self.interruption(signals)) }
      group.addTask {
        await display.draw()
        return .failure(CancellationError())
      }
      if let timeout {
        group.addTask {
          try? await TimeSource.system.sleep(timeout.duration)
          return .failure(Failure(.timedOut, "timed out; the next download resumes this one"))
        }
      }
      let first = await group.next() ?? .failure(CancellationError())
      group.cancelAll()
      return first
    }
  }

  private static func interruption(_ signals: AsyncStream<Int32>) async -> Failure {
    for await number in signals {
      return Failure(
        number == SIGINT ? .interrupted : .terminated, "interrupted; the next download resumes this one")
    }
    return Failure(.interrupted, "")
  }
}

extension Result where Failure == any Error {
  fileprivate init(catching work: @Sendable () async throws -> Success) async {
    do {
      self = .success(try await work())
    } catch {
      self = .failure(error)
    }
  }
}

extension DownloadError {
  /// The API's answer about the run; nil for errors with other causes.
  fileprivate func answer(about run: String) -> SourceError? {
    switch self {
    case .source(let error): error
    case .noSuchModel: .noSuchRun(id: run)
    default: nil
    }
  }
}

/// A download that waits until the model is ready.
private struct ModelWait: Sendable {
  private static let maxPause: Duration = .seconds(10)

  let downloader: ModelDownloader
  let client: ViClient
  let time: TimeSource
  let display: DownloadDisplay

  func download(_ run: String, _ checkpoint: String?, to directory: String) async throws -> DownloadedModel {
    var pause: Duration = .seconds(1)
    var belief = BeliefPolicy()
    let hasLink = Locked(false)
    while true {
      do throws(DownloadError) {
        return try await downloader.download(run: run, checkpoint: checkpoint, to: directory) { progress in
          if progress.bytes > 0 { hasLink.withLock { $0 = true } }
          display.show(progress)
        }
      } catch {
        let wasLinked = hasLink.withLock { linked in
          defer { linked = false }
          return linked
        }
        if wasLinked { belief.read() }
        if error.isNotReady {
          belief.read()
          try await checkWillBeReady(run)
        } else {
          guard let answer = error.answer(about: run), !belief.failed(answer, at: time.uptime()), belief.wasRead else {
            throw Failure(error)
          }
          Console.shared.log("\(error); trying again")
        }
      }
      try await time.sleep(pause)
      pause = min(Self.maxPause, pause * 3 / 2)
    }
  }

  /// A run that has ended without success never has a model; an active one, or one that has just succeeded, will.
  private func checkWillBeReady(_ run: String) async throws {
    let phase: Phase
    do throws(SourceError) {
      phase = try await client.run(id: run).reading.phase
    } catch {
      // The next attempt meets the error again, unless it was transient.
      return
    }
    guard phase.isTerminal, phase != .succeeded else { return display.wait(for: phase) }
    throw Failure(.no, "run \(run) has no model and never will: it is \(phase.rawValue)")
  }
}
