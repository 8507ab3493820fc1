/// Which addresses a request may reach. Judged at connect time, after the name lookup and for each address that is tried, so
/// that a name can't lead somewhere else than it did when it was looked at; connections are never shared between two of
/// these.
///
/// Behind a proxy only what the URL itself says can be judged (a literal address, `localhost`): names are looked up by the
/// proxy, or the result isn't seen, so there the proxy has to have rules of its own. The proxy's address isn't judged.
package enum Egress: String, Sendable, CaseIterable {
  case anywhere
  /// Not where clouds keep the credentials of the machine, nor what is no single host's address: link-local, metadata
  /// services, unspecified, multicast, broadcast. Loopback and private networks are fine.
  case notMetadata
  /// Besides those, not what the special-purpose registries of IANA keep out of the internet: loopback, private, shared,
  /// documentation, reserved.
  case publicOnly

  func allows(_ address: NetworkAddress) -> Bool {
    if self == .anywhere { return true }
    if let embedded = address.embedded {
      // 6to4 and the local NAT64 prefix are special themselves, the other forms just another way to write an IPv4 address.
      let isSpecial = AddressRanges.tunnels.contains { $0.contains(address) }
      return allows(embedded) && (self == .notMetadata || !isSpecial)
    }
    if AddressRanges.metadata.contains(where: { $0.contains(address) }) { return false }
    return self == .notMetadata || !AddressRanges.notPublic.contains { $0.contains(address) }
  }

  /// The address that a URL names and that is refused, as text; nil where only looking its name up will tell.
  package func refusal(ofURL url: String) -> String? {
    guard let url = try? CheckedURL(url) else { return nil }
    return refusal(ofHost: url.host).map { "\($0)" }
  }

  /// What can be judged of a host that only the proxy will look up.
  ///
  /// - Parameter host: of the URL.
  /// - Returns: the address that is refused.
  func refusal(ofHost host: String) -> NetworkAddress? {
    guard let address = NetworkAddress(literal: isLocalhost(host) ? "127.0.0.1" : host) else { return nil }
    return allows(address) ? nil : address
  }
}

/// RFC 6761, 6.3: the name and all below it.
private func isLocalhost(_ host: String) -> Bool {
  host.lowercased().split(separator: ".").last == "localhost"
}
