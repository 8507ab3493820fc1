import Runs
import Secrets
import Testing
import TimeZones

@testable import Rules

/// A zone that is only its footer: `<+08>-8`.
func footerZone(_ tz: String) throws -> ZoneRules {
  var bytes: [UInt8] = []
  for _ in 1...2 {
    bytes += Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
    for count: UInt8 in [0, 0, 0, 0, 1, 1] { bytes += [0, 0, 0, count] }
    bytes += [0, 0, 0, 0, 0, 0, 0]
  }
  return try ZoneRules(tzif: bytes + Array("\n\(tz)\n".utf8))
}

extension ZoneSource {
  /// Few zones, and the names of some more.
  static func few() throws -> ZoneSource {
    let zones = ["UTC": ZoneRules.utc, "Asia/Singapore": try footerZone("<+08>-8")]
    let names = (0..<300).map { "America/Place_\($0)" } + ["Asia/Singapore", "Asia/Tokyo", "Europe/Berlin", "UTC"]
    return ZoneSource(
      zone: { name throws(ZoneError) in
        if name == "Asia/Broken" { throw .unreadable("/zones/Asia/Broken", "it ends too early") }
        guard let zone = zones[name] else { throw .unknown(name) }
        return zone
      }, names: { names })
  }
}

/// Quiet hours of a destination `d`, as in a rules file.
func quietFile(_ quiet: String, zones: ZoneSource) -> (file: RuleFile?, diagnostics: [Diagnostic]) {
  let text = """
    {"version": 1, "destinations": {"d": {"type": "slack", "url": "https://x.example", "quiet": \(quiet)},
      "always": {"type": "slack", "url": "https://x.example"}},
     "rules": [{"name": "r", "actions": [{"send": "d"}]}]}
    """
  let (file, diagnostics) = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:]), zones: zones)
  return (file, diagnostics)
}
