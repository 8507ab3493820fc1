import Daemon
import Rules
import Storage

/// The names that filter a list of deliveries. An unknown one is a mistake, not an empty result.
struct NameFilters {
  let rule: String?
  let destination: String?
  let run: String?

  /// Throws ``Failure`` with `no` and the known names.
  func check(_ store: any StateStore) async throws {
    guard rule != nil || destination != nil || run != nil else { return }
    let (inUse, known) = (try await store.namesInUse(), try await store.knownNames())
    if let rule { try Self.check("rule", rule, inUse.rules.union(known?.rules ?? [])) }
    if let destination, Lane(name: destination) == nil {
      let local = inUse.destinations.union(known?.destinations.keys.map(\.self) ?? [])
      try Self.check("destination", destination, local)
    }
    if let run, try await !store.knows(run: run) {
      throw Failure(
        .no, "run \(run) is unknown; vi-notify runs list shows the existing ones")
    }
  }

  static func check(_ what: String, _ name: String, _ names: Set<String>) throws(Failure) {
    guard !names.contains(name) else { return }
    let listed = nearest(to: name, among: names.sorted())
    let more = names.count > listed.count ? " and \(names.count - listed.count) more" : ""
    let known = listed.isEmpty ? "there are none yet" : "known: \(listed.joined(separator: ", "))\(more)"
    throw Failure(.no, "there is no \(what) \(name); \(known)")
  }
}
