import JSONSource
import Testing

@testable import EventPatterns

@Suite struct ExplanationTests {
  private func reason(_ pattern: String, _ event: String) throws -> String? {
    let node = try JSONDocument(parsing: Array(event.utf8)).root
    guard case .fails(_, let reason) = try EventPattern(pattern).explain(node) else { return nil }
    return reason
  }

  @Test(arguments: [
    (#"{"phase":["succeeded"]}"#, #"{"phase":"failed"}"#, #"phase is "failed", the rule wants "succeeded""#),
    (#"{"attributes":{"stage":["prod"]}}"#, #"{"attributes":{}}"#, "attributes.stage is absent"),
    (
      #"{"durationSeconds":[{"numeric":[">",3600]}]}"#, #"{"durationSeconds":12}"#,
      "durationSeconds is 12, the rule wants > 3600"
    ),
    (
      #"{"n":[{"numeric":[">=",0,"<",1.5]},null]}"#, #"{"n":[2,"x y"]}"#,
      #"n is 2, "x y", the rule wants >= 0 and < 1.5 or null"#
    ),
    (#"{"a":[{"exists":false}]}"#, #"{"a":1}"#, "a is 1, the rule wants it absent"),
    (#"{"a":["x"]}"#, #"{"a":{"b":1}}"#, #"a is an object, the rule wants "x""#),
    (#"{"a":[{"anything-but":["x","y"]}]}"#, #"{"a":"x"}"#, #"a is "x", the rule wants anything but "x", "y""#),
    (#"{"a":[{"cidr":"10.0.0.0/8"}]}"#, #"{"a":"::1"}"#, #"a is "::1", the rule wants an address in 10.0.0.0/8"#),
    (
      #"{"c":{"name":["a"],"status":["x"]}}"#, #"{"c":[{"name":"a"},{"status":"x"}]}"#,
      "c.status matches only in another element of the list than c.name"
    ),
    (
      #"{"z":[1],"$or":[{"a":[1]},{"b":[1],"c":[1]}]}"#, #"{"z":1,"b":1}"#,
      "no alternative of $or matches; the closest: a is absent"
    ),
    (#"{"z":[1],"$or":[{"a":[1]},{"b":[1]}]}"#, #"{"z":2,"b":2}"#, "z is 2, the rule wants 1"),
    (#"{"n":["5"]}"#, #"{"n":5}"#, #"n is 5, the rule wants "5" (a string)"#),
    (#"{"n":[5]}"#, #"{"n":"5"}"#, #"n is "5", the rule wants 5 (a number)"#),
    (#"{"n":[{"numeric":[">",4]}]}"#, #"{"n":"5"}"#, #"n is "5", the rule wants > 4 (a number)"#),
    (
      #"{"n":[{"prefix":"5"},"6"]}"#, #"{"n":[5,7]}"#,
      #"n is 5, 7, the rule wants something that begins with "5" or "6" (a string)"#
    ),
    (#"{"n":["true"]}"#, #"{"n":true}"#, #"n is true, the rule wants "true" (a string)"#),
    (#"{"n":["5",6]}"#, #"{"n":5}"#, #"n is 5, the rule wants "5" or 6"#),
    (#"{"n":["null"]}"#, #"{"n":null}"#, #"n is null, the rule wants "null" (a string)"#),
    (
      #"{"n":[{"wildcard":"a*b"}]}"#, #"{"n":"5 and \"more\""}"#,
      #"n is "5 and \"more\"", the rule wants something like "a*b""#
    ),
  ])
  func `the first reason is told in words`(pattern: String, event: String, expected: String) throws {
    #expect(try reason(pattern, event) == expected)
  }

  @Test func `a pattern that matches has no reason`() throws {
    #expect(try reason(#"{"a":[1]}"#, #"{"a":[2,1.0]}"#) == nil)
  }
}
