internal import Runs
internal import TimeZones

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
      meant(name).map { "did you mean \"\($0)\"?" }
        ?? "zones are named like Asia/Singapore or UTC; see /usr/share/zoneinfo"
    }
  }

  /// The zone of the same place (`Tokyo`), or else one that is written alike. There are 600 names, and only the first 100 are
  /// compared: the likeliest, of the same part of the world and with the same first letter, come first.
  private func meant(_ name: String) -> String? {
    let wanted = Parts(name)
    var likeliest: [[String]] = [[], [], []]
    for name in names {
      let parts = Parts(name)
      if parts.place == wanted.place { return name }
      likeliest[parts.area != wanted.area ? 2 : parts.place.first != wanted.place.first ? 1 : 0].append(name)
    }
    return suggestion(for: name, among: likeliest.joined())
  }

  /// Of a name, in small letters.
  private struct Parts {
    let area, place: Substring

    init(_ name: String) {
      let parts = name.lowercased().split(separator: "/")
      area = parts.first ?? ""
      place = parts.last ?? ""
    }
  }
}
