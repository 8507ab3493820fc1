internal import Notation

/// The addresses that a request may reach. They are checked at connect time, after the name lookup and for each address that
/// is tried, so that a name that resolves differently later can't bypass the check. Connections are never shared between
/// different values.
///
/// Behind a proxy, only literal addresses and `localhost` can be checked: the proxy resolves names, so it needs its own rules.
/// The address of the proxy itself isn't checked.
package enum Egress: String, Sendable, CaseIterable {
  case anywhere
  /// Refuses addresses at which clouds serve a machine's credentials, and those that aren't a single host: link-local, metadata
  /// services, unspecified, multicast, broadcast. Loopback and private networks are allowed.
  case notMetadata
  /// Also refuses what IANA's special-purpose registries exclude from the internet: loopback, private, shared, documentation,
  /// reserved.
  case publicOnly

  func allows(_ address: IPAddress) -> Bool {
    if self == .anywhere { return true }
    if let embedded = address.embedded {
      // 6to4 and the local NAT64 prefix are special themselves; the other forms are just another notation for an IPv4 address.
      let isSpecial = AddressRanges.tunnels.contains { $0.contains(address) }
      return allows(embedded) && (self == .notMetadata || !isSpecial)
    }
    if AddressRanges.metadata.contains(where: { $0.contains(address) }) { return false }
    return self == .notMetadata || !AddressRanges.notPublic.contains { $0.contains(address) }
  }

  /// The refused address that a URL names literally, as text; nil if only a name lookup can tell.
  package func refusal(ofURL url: String) -> String? {
    guard let url = try? CheckedURL(url) else { return nil }
    return refusal(ofHost: url.host).map { "\($0)" }
  }

  /// Checks a host that only the proxy will resolve.
  ///
  /// - Parameter host: the URL's host.
  /// - Returns: the refused address.
  func refusal(ofHost host: String) -> IPAddress? {
    guard let address = IPAddress(literal: isLocalhost(host) ? "127.0.0.1" : host) else { return nil }
    return allows(address) ? nil : address
  }
}

/// RFC 6761, 6.3: `localhost` and all its subdomains.
private func isLocalhost(_ host: String) -> Bool {
  host.lowercased().split(separator: ".").last == "localhost"
}
