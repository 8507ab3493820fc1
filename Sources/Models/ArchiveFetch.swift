internal import Glibc
internal import Locking
internal import Runs
internal import Secrets
internal import Transport
internal import ViAPI

/// Downloads the archive of a model completely, through expired links, broken connections and kills of the program.
struct ArchiveFetch: Sendable {
  let client: ViClient
  let storage: ArchiveStorage
  let work: WorkFolder
  let run: String
  /// Nil: the latest.
  let checkpoint: String?
  let onProgress: @Sendable (DownloadProgress) -> Void

  private var settings: DownloadSettings { storage.settings }
  private var time: TimeSource { storage.time }

  /// Counts transient failures without progress.
  private struct Patience {
    var refusals = 0
    var changes = 0
    var bytes: Int64 = 0
  }

  /// - Returns: the archive in the work folder.
  func fetch() async throws(DownloadError) -> Journal.Subject {
    if let subject = left() { return subject }
    var patience = Patience()
    var link: ArchiveLink?
    var job: FetchJob?
    while true {
      do throws(FetchFailure) {
        let current: ArchiveLink
        if let link { current = link } else { current = try await ask() }
        link = current
        return try await fetch(by: current, &job)
      } catch {
        try await bear(error, job, &patience)
        link = nil
        if case .changed = error { job = nil }
      }
    }
  }

  /// The complete archive of an earlier attempt that was killed while unpacking.
  private func left() -> Journal.Subject? {
    guard let (subject, finished) = Journal.read(work.journal), checkpoint == nil || checkpoint == subject.checkpoint,
      let total = subject.file.total, work.archiveBytes == total
    else { return nil }
    let plan = PiecePlan(total: total, pieceSize: subject.pieceSize, finished: finished)
    return plan.isComplete ? subject : nil
  }

  /// Returns if the failure can be handled, and throws it otherwise.
  private func bear(_ setback: FetchFailure, _ job: FetchJob?, _ patience: inout Patience) async throws(DownloadError) {
    if let bytes = job?.bytes, bytes > patience.bytes { patience = Patience(changes: patience.changes, bytes: bytes) }
    switch setback {
    case .linkOld: return
    case .linkRefused(let status, let code):
      patience.refusals += 1
      guard patience.refusals < 4 else { throw .link(status: status, code: code) }
      guard patience.refusals > 1 else { return }
      try await rest(settings.firstDelay * patience.refusals)
    case .changed:
      patience.changes += 1
      guard patience.changes < 4 else { throw .damaged("the file on the server keeps changing") }
    case .passing(let error, _), .final(let error): throw error
    }
  }

  private func ask() async throws(FetchFailure) -> ArchiveLink {
    try await patiently { () async throws(FetchFailure) in
      let outputs: [RunOutput]
      do throws(SourceError) {
        outputs = try await client.outputs(of: run, checkpoint: checkpoint, contents: true)
      } catch {
        let reason = Task.isCancelled ? DownloadError.cancelled : .source(error)
        throw reason.isTemporary && !Task.isCancelled ? .passing(reason, after: error.retryAfter) : .final(reason)
      }
      return try link(outputs)
    }
  }

  private func link(_ outputs: [RunOutput]) throws(FetchFailure) -> ArchiveLink {
    guard let output = outputs.last else {
      throw .final(checkpoint == nil ? .notReady(run: run) : .noSuchModel(run: run, checkpoint: checkpoint))
    }
    guard let url = output.downloadURL else { throw .final(.notReady(run: run)) }
    // By the API's clock. If a link is expired on arrival, the clocks disagree, and its expiry is ignored.
    let expiry = output.expiresAt.map { Timestamp(milliseconds: $0) + (.zero - client.clockSkew) }
    let oldFrom = expiry.flatMap { $0 - time.now() > .seconds(60) ? $0 + .seconds(-30) : nil }
    return ArchiveLink(
      checkpoint: output.id, url: url, caFile: client.caFile(at: url.revealed), oldFrom: oldFrom)
  }
}

/// Servers that support ranges.
extension ArchiveFetch {
  private func fetch(by link: ArchiveLink, _ job: inout FetchJob?) async throws(FetchFailure) -> Journal.Subject {
    let whole = WholeSink(
      begin: { file throws(DownloadError) in try beginWhole(file) },
      onBytes: { onProgress(DownloadProgress(.downloading, bytes: $0, total: $1)) })
    let found: ArchiveStorage.Found
    do throws(FetchFailure) {
      found = try await patiently { () async throws(FetchFailure) in try await storage.look(at: link, whole: whole) }
    } catch {
      // The whole download has replaced the job's file.
      if whole.received != nil { job = nil }
      throw error
    }
    switch found {
    case .whole: return try await finishWhole(whole, link)
    case .parts(let file, let link):
      let subject = Journal.Subject(
        checkpoint: link.checkpoint, file: file, pieceSize: settings.pieceSize(of: file.total ?? 0))
      let current = try await self.job(for: subject, job)
      job = current
      try await fetchPieces(of: current, by: link)
      return current.subject
    }
  }

  /// The current job if it is for this file, else the one that an earlier attempt has left, or a new one.
  private func job(for subject: Journal.Subject, _ current: FetchJob?) async throws(FetchFailure) -> FetchJob {
    if let current, current.subject.checkpoint == subject.checkpoint,
      current.subject.file.isSamePart(of: subject.file)
    {
      return current
    }
    return try await disk { () throws(DownloadError) in try FetchJob.open(subject, in: work) }
  }

  private func fetchPieces(of job: FetchJob, by link: ArchiveLink) async throws(FetchFailure) {
    tell(job, job.bytes)
    job.halt(false)
    let setback = await withTaskGroup(of: FetchFailure?.self) { group in
      for _ in 0..<settings.connections { group.addTask { await fetchSome(of: job, by: link) } }
      var first: FetchFailure?
      for await case .some(let setback) in group where first?.isOfTheLink ?? true {
        first = setback
        if setback.isOfTheLink { job.halt(true) } else { group.cancelAll() }
      }
      return first
    }
    // Save pieces even when interrupted.
    do throws(FetchFailure) {
      try await disk { () throws(DownloadError) in try job.save(from: 0) }
    } catch {
      throw setback ?? error
    }
    if let setback { throw setback }
    guard job.isComplete else { throw .final(.cancelled) }
  }

  /// The work of one connection.
  private func fetchSome(of job: FetchJob, by link: ArchiveLink) async -> FetchFailure? {
    while !Task.isCancelled, let piece = job.take() {
      do throws(FetchFailure) {
        if let oldFrom = link.oldFrom, oldFrom <= time.now() { throw .linkOld }
        try await patiently(
          reached: { job.rest(of: piece).lowerBound },
          repeating: { () async throws(FetchFailure) in
            try await storage.fetch(piece, of: job, by: link) { tell(job, $0) }
          })
        job.finish(piece)
        try await disk { () throws(DownloadError) in
          try job.save(from: settings.syncInterval(of: job.subject.file.total ?? 0))
        }
      } catch {
        job.giveBack(piece)
        return error
      }
    }
    return nil
  }

  private func tell(_ job: FetchJob, _ bytes: Int64) {
    onProgress(
      DownloadProgress(.downloading, bytes: bytes, total: job.subject.file.total, resumedFrom: job.resumedFrom))
  }
}

/// Servers without range support.
extension ArchiveFetch {
  private func beginWhole(_ file: RemoteFile) throws(DownloadError) -> Descriptor {
    try work.clear()
    try work.checkSpace(archive: file.total ?? 0)
    return try Descriptor(work.archive, O_RDWR | O_CREAT | O_EXCL)
  }

  private func finishWhole(_ sink: WholeSink, _ link: ArchiveLink) async throws(FetchFailure) -> Journal.Subject {
    guard let (file, archive) = sink.received else { throw .final(.archive(.notATar)) }
    let subject = Journal.Subject(checkpoint: link.checkpoint, file: file, pieceSize: max(1, file.total ?? 1))
    try await disk { () throws(DownloadError) in
      try archive.check(fdatasync(archive.number))
      try Journal.begin(work.journal, subject).note([0])
    }
    return subject
  }
}

extension ArchiveFetch {
  /// Retries transient failures, up to ``DownloadSettings/attempts`` times in a row without progress.
  private func patiently<Value: Sendable>(
    reached position: () -> Int64 = { 0 }, repeating work: () async throws(FetchFailure) -> Value
  ) async throws(FetchFailure) -> Value {
    var failures = 0
    var reached = position()
    while true {
      do throws(FetchFailure) {
        return try await work()
      } catch {
        guard case .passing(let reason, let after) = error else { throw error }
        failures = position() > reached ? 1 : failures + 1
        reached = position()
        let delay = max(after ?? .zero, settings.firstDelay * (1 << (failures - 1)))
        guard failures < settings.attempts, after ?? .zero <= settings.maxDelay else { throw .final(reason) }
        do throws(DownloadError) {
          try await rest(min(delay, settings.maxDelay))
        } catch {
          throw .final(error)
        }
      }
    }
  }

  private func rest(_ duration: Duration) async throws(DownloadError) {
    do {
      try await time.sleep(duration)
    } catch {
      throw .cancelled
    }
  }

  private func disk<Value: Sendable>(
    _ work: @escaping @Sendable () throws(DownloadError) -> Value
  ) async throws(FetchFailure) -> Value {
    do throws(DownloadError) {
      return try await onDisk { _ throws(DownloadError) in try work() }
    } catch {
      throw .final(error)
    }
  }
}
