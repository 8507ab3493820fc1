import TestSupport
import Testing
import Notation

@testable import Transport

struct EgressTests {
  private static let metadata = [
    "0.0.0.0", "169.254.169.254", "169.254.0.1", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "::", "fe80::1", "fe80::1%25eth0", "febf::1", "fd00:ec2::254",
    "fd00:ec2::23", "fd20:ce::254", "ff02::1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254", "2852039166", "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "169.254.43518",
  ]

  private static let local = [
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "127.1",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "240.0.0.1", "255.255.255.254", "::1", "fc00::1", "fdff::1",
    "fec0::1",
    "100::1", "2001::1", "2001:1ff::1", "2001:db8::1", "2002:102:304::1", "3fff::1", "5f00::1", "64:ff9b:1::102:304",
    "64:ff9b:1::10.0.0.1", "::1.2.3.4", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::192.168.0.1", "2002:7f00:1::1",
    "4000::1", "8000::1", "2130706433",
  ]

  private static let global = [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
    "223.255.255.255", "169.253.255.255", "169.255.0.0", "2001:200::1", "2606:4700::1111", "2a00:1450::1",
    "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "168.63.129.17",
  ]

  private func allows(_ egress: Egress, _ text: String) throws -> Bool {
    egress.allows(try #require(IPAddress(literal: text), "\(text)"))
  }

  @Test func `anywhere is anywhere`() throws {
    for text in Self.metadata + Self.local + Self.global { #expect(try allows(.anywhere, text), "\(text)") }
  }

  @Test func `metadata services are refused in every notation, and private networks are fine`() throws {
    for text in Self.metadata { #expect(try !allows(.notMetadata, text), "\(text)") }
    for text in Self.local + Self.global { #expect(try allows(.notMetadata, text), "\(text)") }
  }

  @Test func `public is what no registry keeps out of the internet`() throws {
    for text in Self.metadata + Self.local { #expect(try !allows(.publicOnly, text), "\(text)") }
    for text in Self.global { #expect(try allows(.publicOnly, text), "\(text)") }
  }

  @Test func `a name is no literal, but localhost is where it is`() {
    for name in ["example.com", "10.0.0.1.example.com", "", "1.2.3.4.5", "[]", "10.0.0.1 x", "localhost.example.com"] {
      #expect(Egress.publicOnly.refusal(ofHost: name) == nil, "\(name)")
    }
    for name in ["localhost", "LocalHost.", "a.localhost", "[::1]", "10.0.0.1.", "127.1"] {
      #expect(Egress.publicOnly.refusal(ofHost: name) != nil, "\(name)")
      #expect(Egress.anywhere.refusal(ofHost: name) == nil, "\(name)")
    }
  }

  @Test func `a range is an address with a length, and a wrong one is none`() throws {
    let range = try #require(AddressBlock(literal: "10.1.2.3/8"))
    #expect(range == AddressBlock(literal: "10.0.0.0/8"))
    let address = try #require(IPAddress(literal: "10.9.9.9"))
    #expect(range.contains(address))
    #expect(AddressBlock(literal: "0.0.0.0/0")?.contains(address) == true)
    #expect(AddressBlock(literal: "::/0")?.contains(address) == false)
    for text in ["10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "x/8", ""] {
      #expect(AddressBlock(literal: text) == nil, "\(text)")
    }
  }

  @Test func `an address is written as it is usual`() {
    #expect(IPAddress(literal: "127.1")?.description == "127.0.0.1")
    #expect(IPAddress(literal: "[FE80:0:0:0:0:0:0:1%25eth0]")?.description == "fe80::1")
  }
}

/// With real connections.
@Suite(.timeLimit(.minutes(6)))
struct EgressConnectionTests {
  @Test(arguments: ["localhost", "127.0.0.1", "127.1"])
  func `an address that is refused sees no connection`(_ host: String) async throws {
    try await serving(.echo) { server, client in
      let url = "http://\(host):\(server.port)/"
      let refused = await client.outcome(of: HTTPRequest("POST", url, body: [65], egress: .publicOnly)).error
      guard case .forbiddenAddress(_, let address) = refused else {
        Issue.record("\(String(describing: refused))")
        return
      }
      #expect(["127.0.0.1", "::1"].contains(address))
      #expect(server.seen.connections == 0)
      #expect(await client.outcome(of: HTTPRequest("GET", url, egress: .notMetadata)).text == "/")
    }
  }

  @Test func `a connection that another was allowed isn't at hand for who is not`() async throws {
    try await serving(.echo) { server, client in
      #expect(await client.outcome(of: HTTPRequest("GET", server.url())).text == "/")
      let error = await client.outcome(of: HTTPRequest("GET", server.url(), egress: .publicOnly)).error
      #expect(error == .forbiddenAddress(host: "127.0.0.1", address: "127.0.0.1"))
      #expect(server.seen.requests.count == 1)
    }
  }

  @Test func `the machine's own metadata service is not connected to`() async throws {
    try await serving(.hangs) { _, client in
      for host in ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "0.0.0.0"] {
        let error = await client.outcome(of: HTTPRequest("GET", "http://\(host)/", egress: .notMetadata)).error
        #expect(error?.label == "forbidden_address", "\(host)")
      }
    }
  }

  @Test func `connections are shared under the same settings, and under no others`() async throws {
    let directory = try ScratchDirectory()
    let files = try (0..<3).map { try directory.write("".utf8, to: "\($0).pem") }
    var settings = [ConnectionSettings()]
    for (index, change) in Self.changes(files).enumerated() {
      settings.append(ConnectionSettings())
      change(&settings[index + 1])
    }
    try await serving(.echo) { server, client in
      for _ in 0..<2 {
        for setting in settings {
          let request = HTTPRequest(
            "GET", server.url(), caFile: setting.caFile, clientCertificate: setting.clientCertificate,
            allowsHTTP2: setting.allowsHTTP2, egress: setting.egress)
          #expect(await client.outcome(of: request).text == "/")
        }
      }
      #expect(server.seen.connections == settings.count)
    }
  }

  private static func changes(_ files: [String]) -> [(inout ConnectionSettings) -> Void] {
    [
      { $0.egress = .notMetadata }, { $0.allowsHTTP2 = true }, { $0.caFile = files[0] }, { $0.caFile = files[1] },
      { $0.clientCertificate = ClientCertificate(certificateFile: files[0], keyFile: files[1]) },
      { $0.clientCertificate = ClientCertificate(certificateFile: files[0], keyFile: files[2]) },
    ]
  }
}
