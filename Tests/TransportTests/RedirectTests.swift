import Testing

@testable import Transport

@Suite struct RedirectTests {
  private func target(_ location: String, from url: String = "https://a.example/one/two?x=1", status: Int = 302)
    -> String?
  {
    HTTPResponse(status: status, headers: HTTPHeaders([("Location", location)])).redirect(from: url)
  }

  @Test func `a redirect leads where it says, also by a relative reference`() {
    #expect(target("https://b.example/three?y=2") == "https://b.example/three?y=2")
    #expect(target("/three") == "https://a.example/three")
    #expect(target("three?y=2") == "https://a.example/one/three?y=2")
    #expect(target("//b.example/three") == "https://b.example/three")
    #expect(target("https://b.example/", from: "http://a.example/") == "https://b.example/")
    #expect(target("http://b.example/", from: "http://a.example/") == "http://b.example/")
  }

  @Test func `what leads out of https, or to another scheme, is followed by nobody`() {
    #expect(target("http://b.example/") == nil)
    #expect(target("http://b.example/", from: "HTTPS://a.example/") == nil)
    #expect(target("file:///etc/passwd") == nil)
    #expect(target("ftp://b.example/", from: "http://a.example/") == nil)
  }

  private func clause(_ location: String, from url: String = "https://a.example/secret") -> String? {
    HTTPResponse(status: 307, headers: HTTPHeaders([("Location", location)])).redirectClause(from: url)
  }

  @Test func `of where a redirect leads no more is shown than scheme, host and port`() {
    #expect(clause("https://user:word@B.example:8443/hooks/T0?k=v#f") == "which points to https://b.example:8443")
    #expect(clause("https://b.example:443/x") == "which points to https://b.example")
    #expect(clause("http://a.example/secret") == "which points to http://a.example")
    #expect(clause("/login?next=secret") == "which points to another path of the same server")
    #expect(clause("https://A.EXAMPLE:443/x") == "which points to another path of the same server")
    #expect(clause("//[::1]:80/", from: "http://a.example/") == "which points to http://[::1]")
    for bad in ["javascript:alert(1)", "https://", "http://h:99999/"] { #expect(clause(bad) == nil, "\(bad)") }
  }

  @Test func `other answers lead nowhere`() {
    #expect(target("https://b.example/", status: 200) == nil)
    #expect(target("https://b.example/", status: 304) == nil)
    #expect(HTTPResponse(status: 302).redirect(from: "https://a.example/") == nil)
  }
}
