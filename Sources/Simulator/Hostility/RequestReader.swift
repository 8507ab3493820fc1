/// Extracts requests from the bytes of a connection. Bodies must come with `Content-Length`.
struct RequestReader {
  enum Failure: Error {
    /// Not HTTP, or too long.
    case unreadable
  }

  private static let maxHead = 65_536
  private static let maxBody = 256 << 20
  private static let headEnd: [UInt8] = [13, 10, 13, 10]

  private var bytes: [UInt8] = []
  /// How far the search for the end of the head has come.
  private var searched = 0

  mutating func take(_ more: some Collection<UInt8>) {
    bytes += more
  }

  /// The next request; nil while it is incomplete.
  ///
  /// - Parameter time: Unix milliseconds of its arrival.
  mutating func next(time: Int64) throws(Failure) -> ReceivedRequest? {
    let places = max(0, searched - 3)..<max(0, bytes.count - 3)
    guard let end = places.first(where: { bytes[$0] == 13 && bytes[$0..<$0 + 4].elementsEqual(Self.headEnd) }) else {
      searched = bytes.count
      guard bytes.count <= Self.maxHead else { throw .unreadable }
      return nil
    }
    searched = end
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { throw .unreadable }
    let headers = Dictionary(lines.dropFirst().compactMap(field), uniquingKeysWith: { $1 })
    let length = headers["content-length"].map { Int($0) } ?? 0
    guard let length, (0...Self.maxBody).contains(length), headers["transfer-encoding"] == nil else {
      throw .unreadable
    }
    let whole = end + 4 + length
    guard bytes.count >= whole else { return nil }
    let request = ReceivedRequest(
      time: time, method: String(words[0]), target: String(words[1]), headers: headers,
      body: Array(bytes[(end + 4)..<whole]))
    bytes.removeFirst(whole)
    searched = 0
    return request
  }

  private func field(_ line: Substring) -> (String, String)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    return (line[..<colon].lowercased(), String(value))
  }
}
