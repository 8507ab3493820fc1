import Testing

@testable import JSONSource

@Suite struct JSONScannerTests {
  private func items(_ text: String) -> [String]? {
    let bytes = Array(text.utf8)
    var found: [String] = []
    let isGood = bytes.withUnsafeBytes { base in
      var scanner = JSONScanner(base)
      return scanner.object { key, scanner in
        guard base[key].elementsEqual("items".utf8) else { return scanner.skip() != nil }
        return scanner.array { scanner in
          guard let range = scanner.skip() else { return false }
          found.append(String(decoding: base[range], as: UTF8.self))
          return true
        }
      } && scanner.isAtEnd()
    }
    return isGood ? found : nil
  }

  @Test func `values are found whole whatever stands inside them`() {
    let text =
      #" {"x":[{"items":1}], "items" : [ {"a":"]}\"\\"} , "long enough for two words, \\\" here" ,-1.5e3,null,[[]]], "y":true} "#
    #expect(
      items(text) == [#"{"a":"]}\"\\"}"#, #""long enough for two words, \\\" here""#, "-1.5e3", "null", "[[]]"])
  }

  @Test func `an empty list has no values`() {
    #expect(items(#"{"items":[]}"#) == [])
    #expect(items("{}") == [])
  }

  @Test(arguments: [
    "", "[]", #"{"items":[1,]}"#, #"{"items":[1}"#, #"{"items":[oops]}"#, #"{"items":[1]"#, #"{"items":[1]} x"#,
    #"{"items":["abc]}"#, #"{"items" [1]}"#, #"{"items":["abcdefgh\"#,
  ])
  func `text that is cut or no JSON is refused`(text: String) {
    #expect(items(text) == nil)
  }
}

@Suite struct JSONWriterTests {
  @Test func `what is written reads back the same`() throws {
    let hostile = "\"quote\\ \n\r\t\u{0}\u{1F} é 😀 </script> {{x}}"
    let bytes = JSONWriter.object {
      $0.member("s", hostile)
      $0.member("none", nil as String?)
      $0.member("list") {
        $0.array {
          $0.integer(1)
          $0.array { _ in }
          $0.bool(false)
        }
      }
      $0.member("raw", raw: "{\"n\":1.0}".utf8)
    }
    let document = try JSONDocument(parsing: bytes)
    #expect(document.root["s"]?.string == hostile)
    #expect(document.root["none"]?.isNull == true)
    #expect(String(decoding: document.raw(try #require(document.root["list"])), as: UTF8.self) == "[1,[],false]")
    #expect(document.root["raw"]?["n"]?.number == "1.0")
  }
}
