internal import Runs

/// What one whole reading of the source showed. Nothing of it counts before the sweep was read to its end.
struct Sweep {
  /// Runs whose document is new or differs from the last sweep's, by id; of a run that stood on two pages the later read.
  var changed: [String: Run] = [:]
  /// Hashes of the documents as they are now, by run.
  var hashes: [String: Int] = [:]
  /// What could not be read as a run; the others are served.
  var malformed: [MalformedRun] = []
  /// Runs named by the user that do not exist.
  var missing: [String] = []
}

/// Reads every page of the list, or the runs that the user named.
struct SweepReader {
  /// Single requests at once.
  private static let requestsAtOnce = 4

  let client: ViClient
  /// Hashes of the documents at the last whole sweep, and the runs they belong to: unchanged bytes are not parsed again.
  let known: [Int: String]

  func readAll() async throws(SourceError) -> Sweep {
    var sweep = Sweep()
    var pages = RunPages(client: client)
    while let page = try await pages.next() {
      for item in page.items { read(page.bytes[item], into: &sweep) }
    }
    return sweep
  }

  func read(named ids: [String]) async throws(SourceError) -> Sweep {
    var sweep = Sweep()
    let results = await withTaskGroup(of: (String, Result<Run, SourceError>).self) { group in
      var waiting = ids[...]
      var results: [(String, Result<Run, SourceError>)] = []
      func start() {
        guard let id = waiting.popFirst() else { return }
        group.addTask { [client] in
          do throws(SourceError) { return (id, .success(try await client.run(id: id))) } catch {
            return (id, .failure(error))
          }
        }
      }
      for _ in 0..<Self.requestsAtOnce { start() }
      while let result = await group.next() {
        results.append(result)
        start()
      }
      return results
    }
    for (id, result) in results {
      switch result {
      case .success(let run): add(run, hash: Self.hash(run.document[...]), to: &sweep)
      case .failure(.noSuchRun): sweep.missing.append(id)
      case .failure(let error): throw error
      }
    }
    return sweep
  }

  private func read(_ document: ArraySlice<UInt8>, into sweep: inout Sweep) {
    let hash = Self.hash(document)
    if let id = known[hash] {
      sweep.hashes[id] = hash
      return
    }
    do throws(MalformedRun) {
      add(try Run(parsing: Array(document)), hash: hash, to: &sweep)
    } catch {
      sweep.malformed.append(error)
    }
  }

  /// Of the bytes as one piece: hashing them as a collection goes byte by byte.
  private static func hash(_ document: ArraySlice<UInt8>) -> Int {
    var hasher = Hasher()
    document.withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }

  private func add(_ run: Run, hash: Int, to sweep: inout Sweep) {
    sweep.hashes[run.id] = hash
    if known[hash] == nil { sweep.changed[run.id] = run }
  }
}
