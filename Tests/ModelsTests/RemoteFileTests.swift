import Testing
import Transport

@testable import Models

@Suite struct RemoteFileTests {
  private func head(_ status: Int, _ headers: [(name: String, value: String)]) -> HTTPResponse {
    HTTPResponse(status: status, headers: HTTPHeaders(headers))
  }

  @Test func `the length of the whole is told by a part and by the whole`() {
    #expect(RemoteFile(head(206, [("Content-Range", "bytes 0-0/1234"), ("Content-Length", "1")])).total == 1_234)
    #expect(RemoteFile(head(206, [("Content-Range", "bytes 0-0/*")])).total == nil)
    #expect(RemoteFile(head(200, [("Content-Length", "1234")])).total == 1_234)
  }

  @Test(arguments: [
    "bytes */1234", "bytes 5-3/9", "bytes 0-9/5", "items 0-0/5", "bytes 0-0", "bytes -1-4/9",
    "bytes 0-9223372036854775807/*",
    "bytes 1-2-3/9", "bytes x-0/5",
  ]) func `a range that makes no sense is none`(_ text: String) {
    #expect(ContentRange(head(206, [("Content-Range", text)])) == nil)
  }

  @Test func `a file is the same by its validator and length; without a validator nobody can tell later`() {
    let file = RemoteFile(total: 9, validator: "\"a\"")
    #expect(file.isSame(as: RemoteFile(total: 9, validator: "\"a\"")))
    #expect(!file.isSame(as: RemoteFile(total: 9, validator: "\"b\"")))
    #expect(!file.isSame(as: RemoteFile(total: 8, validator: "\"a\"")))
    #expect(!RemoteFile(total: 9).isSame(as: RemoteFile(total: 9)))
    #expect(RemoteFile(total: 9).isSamePart(of: RemoteFile(total: 9)))
  }

  @Test func `the ETag is asked first, then the generation, then the time of change`() {
    let all = [("ETag", "\"a\""), ("x-goog-generation", "7"), ("Last-Modified", "Mon")].map {
      (name: $0.0, value: $0.1)
    }
    #expect(RemoteFile(head(200, all)).validator == "\"a\"")
    #expect(RemoteFile(head(200, Array(all.dropFirst()))).validator == "7")
    #expect(RemoteFile(head(200, Array(all.dropFirst(2)))).validator == "Mon")
  }
}
