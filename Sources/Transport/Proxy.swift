internal import HTTPSyntax
internal import Notation

/// Whether requests and mails go through a proxy.
package enum Proxy: Sendable, Equatable {
  /// The environment as libcurl reads it: `http_proxy` (lower case only, because CGI sets `HTTP_PROXY` from a request header),
  /// `https_proxy`, `smtp_proxy`, `smtps_proxy`, `all_proxy` and `no_proxy`, all but the first also in upper case.
  case environment
  case none
  /// This proxy for every request: `http://`, `https://` or `socks5h://`, with optional user and password.
  case url(String)
}

/// The proxy for each URL. libcurl would find it itself but not report it; choosing it here tells us whose address libcurl
/// connects to. Pure.
struct ProxyRoutes: Sendable {
  private let http: String?
  private let https: String?
  private let smtp: String?
  private let smtps: String?
  private let direct: DirectHosts

  init(_ proxy: Proxy, environment: (String) -> String?) {
    switch proxy {
    case .none: (http, https, smtp, smtps, direct) = (nil, nil, nil, nil, DirectHosts(""))
    case .url(let url): (http, https, smtp, smtps, direct) = (url, url, url, url, DirectHosts(""))
    case .environment:
      let all = environment("all_proxy") ?? environment("ALL_PROXY")
      http = environment("http_proxy") ?? all
      https = environment("https_proxy") ?? environment("HTTPS_PROXY") ?? all
      smtp = environment("smtp_proxy") ?? environment("SMTP_PROXY") ?? all
      smtps = environment("smtps_proxy") ?? environment("SMTPS_PROXY") ?? all
      direct = DirectHosts(environment("no_proxy") ?? environment("NO_PROXY") ?? "")
    }
  }

  /// The proxy's URL, or nil.
  func proxy(for url: CheckedURL) -> String? {
    guard let proxy = url.isSecure ? https : http, !direct.contains(url.host) else { return nil }
    return proxy
  }

  /// The same for a mail server.
  func proxy(for server: ServerAddress) -> String? {
    guard let proxy = server.scheme == "smtps" ? smtps : smtp, !direct.contains(server.host) else { return nil }
    return proxy
  }
}

/// A `no_proxy` list: names (each includes its subdomains), addresses and address blocks, separated by commas and blanks; `*`
/// alone matches everything.
struct DirectHosts: Sendable {
  private let isEverything: Bool
  private var names: [String] = []
  private var ranges: [AddressBlock] = []

  init(_ list: String) {
    isEverything = list == "*"
    for entry in list.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
      if let range = AddressBlock(literal: entry) {
        ranges.append(range)
      } else {
        names.append(trimmedName(entry.lowercased()))
      }
    }
  }

  func contains(_ host: String) -> Bool {
    if isEverything { return true }
    if let address = IPAddress(literal: host) { return ranges.contains { $0.contains(address) } }
    let host = trimmedName(host.lowercased())
    return names.contains { !$0.isEmpty && (host == $0 || host.hasSuffix(".\($0)")) }
  }
}

/// Without leading and trailing dots.
private func trimmedName(_ name: String) -> String {
  let rest = name.hasPrefix(".") ? name.dropFirst() : name[...]
  return String(rest.hasSuffix(".") ? rest.dropLast() : rest)
}
