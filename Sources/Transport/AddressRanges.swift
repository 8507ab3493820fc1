internal import Notation

/// The ranges behind ``Egress``: IANA's special-purpose registries (iana-ipv4-special-registry, iana-ipv6-special-registry)
/// as of 2025, without the ranges that they call globally reachable.
enum AddressRanges {
  /// No webhook receiver has an address in these ranges.
  static let metadata = ranges(
    "0.0.0.0",
    "169.254.0.0/16",  // link-local: AWS, Azure, Google, Oracle, DigitalOcean and others at .169.254, ECS at .170.2
    "100.100.100.200",  // Alibaba Cloud
    "168.63.129.16",  // Azure, a public address for what the host offers the machine
    "192.0.0.192",  // Oracle Cloud, classic
    "224.0.0.0/4",  // multicast
    "255.255.255.255",
    "::",
    "fe80::/10",  // link-local
    "fd00:ec2::/32",  // AWS: metadata at ::254, credentials of pods at ::23
    "fd20:ce::254",  // Google Cloud
    "ff00::/8"  // multicast
  )

  /// Additional ranges that ``Egress/publicOnly`` refuses.
  static let notPublic = ranges(
    "0.0.0.0/8",  // this network
    "10.0.0.0/8",  // private
    "100.64.0.0/10",  // shared, for carriers' NAT
    "127.0.0.0/8",  // loopback
    "172.16.0.0/12",  // private
    "192.0.0.0/24",  // protocol assignments
    "192.0.2.0/24",  // documentation
    "192.88.99.0/24",  // 6to4 relays, deprecated
    "192.168.0.0/16",  // private
    "198.18.0.0/15",  // benchmarks
    "198.51.100.0/24",  // documentation
    "203.0.113.0/24",  // documentation
    "240.0.0.0/4",  // reserved
    // Global unicast is 2000::/3. Below it: loopback, discard, local NAT64; above: segment routing, unique local, site-local.
    "::/3",
    "4000::/2",
    "8000::/1",
    "2001::/23",  // protocol assignments, Teredo among them
    "2001:db8::/32",  // documentation
    "3fff::/20"  // documentation
  )

  /// IPv6 forms of IPv4 addresses that are not globally reachable themselves.
  static let tunnels = ranges(
    "::/96",  // IPv4-compatible, deprecated
    "64:ff9b:1::/48",  // local NAT64
    "2002::/16"  // 6to4, deprecated
  )

  private static func ranges(_ texts: String...) -> [AddressBlock] {
    let ranges = texts.compactMap { AddressBlock(literal: $0) }
    precondition(ranges.count == texts.count, "a range can't be read")
    return ranges
  }
}
