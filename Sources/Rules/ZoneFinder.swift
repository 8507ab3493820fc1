internal import Runs

/// Time zones as the destinations of one file name them. Each is looked up once: a file has room for 100,000 destinations.
final class ZoneFinder {
  private let source: ZoneSource
  private var found: [String: Result<ZoneRules, ZoneError>] = [:]
  private lazy var names = source.names()

  init(_ source: ZoneSource) {
    self.source = source
  }

  func zone(_ name: String) throws(ZoneError) -> ZoneRules {
    if let known = found[name] { return try known.get() }
    let result = Result { () throws(ZoneError) in try source.zone(name) }
    found[name] = result
    return try result.get()
  }

  func hint(for error: ZoneError) -> String {
    switch error {
    case .noData: "install the package tzdata, or write UTC"
    case .unreadable: "reinstall the package tzdata"
    case .noName: "zones are named like Asia/Singapore or UTC"
    case .unknown(let name):
      suggestion(for: name, among: likeliestFirst(name)).map { "did you mean \"\($0)\"?" }
        ?? "zones are named like Asia/Singapore or UTC; see /usr/share/zoneinfo"
    }
  }

  /// There are 600 names, and only the first 100 are compared: those that end alike (`Tokyo`), then those of the same part of
  /// the world, of these first the ones with the same first letter.
  private func likeliestFirst(_ name: String) -> [String] {
    let wanted = Parts(name)
    let ranked = names.map { name in
      let parts = Parts(name)
      let rank = parts.place == wanted.place ? 0 : parts.area != wanted.area ? 3 : parts.first == wanted.first ? 1 : 2
      return (rank: rank, name: name)
    }
    let alike = ranked.filter { $0.rank == 0 }.map(\.name)
    if let name = alike.first { return [name] }
    return (1...3).flatMap { rank in ranked.filter { $0.rank == rank }.map(\.name) }
  }

  /// Of a name, in small letters.
  private struct Parts {
    let area, place: Substring
    var first: Character? { place.first }

    init(_ name: String) {
      let parts = name.lowercased().split(separator: "/")
      area = parts.first ?? ""
      place = parts.last ?? ""
    }
  }
}
