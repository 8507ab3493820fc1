internal import CCurl

/// The libcurl that this process runs with.
package enum CurlLibrary {
  /// `7.88.1`
  package static var version: String {
    // "libcurl/7.88.1 OpenSSL/3.0.17 zlib/1.2.13 …"
    let first = String(cString: curl_version()).split(separator: " ").first ?? ""
    return String(first.split(separator: "/").last ?? "")
  }
}
