import Testing

@testable import Rules

struct DestinationDiagnosticTests {
  private static let urlHint = "(a URL looks like https://hooks.example.com/path)"

  @Test func `a destination needs a type and what the type needs, and is an object`() {
    expectDestinationErrors("1️⃣7", "destinations.d must be an object, and is a number")
    let file = MarkedFile(
      #"{"version": 1, "destinations": {"d": 1️⃣{}}, "rules": [{"name": "r", "actions": [{"shell": "x"}]}]}"#)
    #expect(file.diagnostics == ["\(file.places[0]) error: destinations.d needs \"type\""])
    expectDestinationErrors(#"1️⃣{"type": "webhook"}"#, #"destinations.d needs "url""#)
  }

  @Test func `a url is judged without being shown`() {
    let cases = [
      ("hooks.example.com/s3cret", "does not begin with https:// or http://"),
      ("${env:BADURL}", "does not begin with https:// or http://"),
      ("https://u:s3cret@x.example/", "holds a user name or password; use the header Authorization"),
      ("https:///s3cret", "has no host"), ("http://:80/s3cret", "has no host"),
      ("https://x.example/s3 cret", "contains a character that isn't allowed in a URL"),
      ("https://x.example/s3cré", "contains a character that isn't allowed in a URL"),
    ]
    for (url, problem) in cases {
      expectDestinationErrors(
        #"{"type": "webhook", "url": 1️⃣"\#(url)"}"#, "destinations.d.url \(problem) \(Self.urlHint)")
    }
  }

  @Test func `a reference that is broken or leads nowhere is told at its place`() {
    expectDestinationErrors(
      #"{"type": "webhook", "url": 1️⃣"${env:NOWHERE}", "secret": [2️⃣"${env:EMPTY}", 3️⃣"${vault:x}"]}"#,
      "destinations.d.url: the environment variable NOWHERE is not set (set it before the start: export NOWHERE=…)",
      "destinations.d.secret: the environment variable EMPTY is not set (set it before the start: export EMPTY=…)",
      #"destinations.d.secret: "${vault:x}" isn't a reference (write ${env:NAME}, ${file:/path} or ${credential:name})"#
    )
    expectDestinationErrors(
      #"{"type": "webhook", "url": "https://x.example", "secret": [1️⃣"${env:EMPTY}", 2️⃣"${vault:x}", 3️⃣"${file:/none/k}"]}"#,
      "destinations.d.secret: the environment variable EMPTY is not set (set it before the start: export EMPTY=…)",
      #"destinations.d.secret: "${vault:x}" isn't a reference (write ${env:NAME}, ${file:/path} or ${credential:name})"#,
      "destinations.d.secret: the secret file /none/k can't be read: No such file or directory (check with: ls -l /none/k)"
    )
  }

  @Test func `a signing secret must be base64, and is for webhooks`() {
    expectDestinationErrors(
      #"{"type": "webhook", "url": "https://x.example", "secret": [1️⃣"${env:BADKEY}", "${env:KEY}"]}"#,
      #"destinations.d.secret: the signing secret is not base64 (make one with: echo "whsec_$(head -c 32 /dev/urandom | base64)")"#
    )
    expectDestinationErrors(
      #"{"type": "slack", "url": "https://x.example", "secret": 1️⃣"${env:KEY}"}"#,
      "destinations.d.secret is for destinations of type webhook (remove it)")
    expectDestinationErrors(
      #"{"type": "webhook", "url": "https://x.example", "secret": [1️⃣7, 2️⃣""]}"#,
      "destinations.d.secret must be a string that is not empty",
      "destinations.d.secret must be a string that is not empty")
  }

  @Test func `headers are tokens with one line of text, and not those that we set`() {
    expectDestinationErrors(
      #"""
      {"type": "webhook", "url": "https://x.example", "headers": {1️⃣"": "x", 2️⃣"a b": "x", 3️⃣"Webhook-ID": "x",
       4️⃣"Content-Length": "1", "X-Ok": "Bearer ${env:TOKEN}", "X-Line": 5️⃣"a\nb", "X-Kind": 6️⃣7}}
      """#,
      #""" is no name for a header"#, #""a b" is no name for a header"#,
      "the header Webhook-ID is set by vi-notify itself (remove it)",
      "the header Content-Length is set by vi-notify itself (remove it)",
      "destinations.d.headers.X-Line can't be sent: the text has a line feed at character 2",
      "destinations.d.headers.X-Kind must be a string that is not empty")
    expectDestinationErrors(
      #"{"type": "webhook", "url": "https://x.example", "headers": 1️⃣[]}"#,
      "destinations.d.headers must be an object, and is a list")
  }

  @Test func `numbers and durations stay in their range`() {
    expectDestinationErrors(
      #"""
      {"type": "webhook", "url": "https://x.example", "timeout": 1️⃣"11m", "retryFor": 2️⃣"31d", "concurrency": 3️⃣65}
      """#,
      "destinations.d.timeout is out of range: 11m (allowed: 100 ms to 10m)",
      "destinations.d.retryFor is out of range: 31d (allowed: 0 ms to 30d)",
      "destinations.d.concurrency must be a whole number from 1 to 64")
    for bad in ["0", "1.5", "\"4\"", "null"] {
      expectDestinationErrors(
        #"{"type": "webhook", "url": "https://x.example", "concurrency": 1️⃣\#(bad)}"#,
        "destinations.d.concurrency must be a whole number from 1 to 64")
    }
    expectDestinationErrors(
      #"{"type": "webhook", "url": "https://x.example", "timeout": 1️⃣15, "retryFor": 2️⃣""}"#,
      "destinations.d.timeout must be a string, and is a number", "destinations.d.retryFor is empty")
  }

  @Test func `a rate limit has a count and a time, both in their range`() {
    let before = #"{"type": "webhook", "url": "https://x.example", "rateLimit": "#
    let count = "destinations.d.rateLimit.count must be a whole number from 1 to 10000"
    expectDestinationErrors(before + "1️⃣7}", "destinations.d.rateLimit must be an object, and is a number")
    expectDestinationErrors(
      before + #"{"count": 1️⃣0, "per": 2️⃣"1 s"}}"#, count,
      #"destinations.d.rateLimit.per is no duration: "1 s" (durations look like 500ms, 30s, 5m, 2h30m or 7d)"#)
    expectDestinationErrors(
      before + #"{"count": 1️⃣10001, "per": 2️⃣"99ms"}}"#, count,
      "destinations.d.rateLimit.per is out of range: 99ms (allowed: 100 ms to 1d)")
    expectDestinationErrors(before + #"1️⃣{"per": "1s"}}"#, #"destinations.d.rateLimit needs "count""#)
    expectDestinationErrors(
      before + #"1️⃣{"count": 1, 2️⃣"pre": "1s"}}"#, #"destinations.d.rateLimit needs "per""#,
      #"unknown field "pre" in destinations.d.rateLimit (did you mean "per"?)"#)
  }

  @Test func `a certificate needs its key, and a switch is true or false`() {
    expectDestinationErrors(
      #"{"type": "slack", "url": "https://x.example", "clientCertificate": 1️⃣"/c.pem", "http2": 2️⃣"yes", "allowPrivate": 3️⃣0}"#,
      #"destinations.d.clientCertificate needs "clientKey" beside it"#,
      #"destinations.d.http2 must be true or false, and is a string"#,
      #"destinations.d.allowPrivate must be true or false, and is a number"#)
    expectDestinationErrors(
      #"{"type": "slack", "url": "https://x.example", "clientKey": 1️⃣"/k.pem", "ca": 2️⃣""}"#,
      #"destinations.d.clientKey needs "clientCertificate" beside it"#,
      "destinations.d.ca must be a string that is not empty")
    expectDestinationErrors(
      #"{"type": "slack", "ca": 1️⃣7, "url": 2️⃣"x", "clientCertificate": "/c.pem", "clientKey": 3️⃣"${env:NOWHERE}"}"#,
      "destinations.d.ca must be a string that is not empty",
      "destinations.d.url does not begin with https:// or http:// \(Self.urlHint)",
      "destinations.d.clientKey: the environment variable NOWHERE is not set (set it before the start: export NOWHERE=…)"
    )
  }

  @Test func `a name of a destination is short, plain, and not hook`() {
    let long = String(repeating: "x", count: 61)
    for name in ["", "hook", "a b", "é", long] {
      expectErrors(
        #"{"version": 1, "destinations": {1️⃣"\#(name)": {}}, "rules": [{"name": "r", "actions": [{"shell": "x"}]}]}"#,
        #""\#(name.prefix(60))" is no name for a destination "#
          + #"(1 to 60 letters, digits, - and _; "hook", "download" and "include" are taken by what is done on this machine)"#
      )
    }
  }
}
