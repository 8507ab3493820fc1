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

  @Test func `other answers lead nowhere`() {
    #expect(target("https://b.example/", status: 200) == nil)
    #expect(target("https://b.example/", status: 304) == nil)
    #expect(HTTPResponse(status: 302).redirect(from: "https://a.example/") == nil)
  }
}
