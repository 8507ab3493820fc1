import FoundationEssentials
import HTTPServing
import JSONSource
import Runs
import Storage
import TestSupport
import Testing

@testable import StatusPort

/// docs/openapi.json, held against what is served.
@Suite struct OpenAPITests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "docs/openapi.json")

  private func described() throws -> JSONNode {
    try JSONDocument(parsing: Array(try Data(contentsOf: Self.file))).root
  }

  /// What people look at is no part of it.
  private static let page: Set<String> = ["/", "/runs/{id}", "/assets/page.css", "/assets/page.js"]

  @Test func `it has every path that is served, and no other`() throws {
    let paths = try described()["paths"]?.members ?? []
    let described = Set(
      paths.flatMap { path in (path.value.members ?? []).map { "\($0.key.uppercased()) \(path.key)" } })
    let served = Set(StatusPort.routes.filter { !Self.page.contains($0.path) }.map { "\($0.method) \($0.path)" })
    #expect(described == served)
    for path in paths {
      for operation in path.value.members ?? [] {
        let isGuarded = operation.value["security"] != nil
        let route = StatusPort.routes.first { $0.path == path.key && $0.method == operation.key.uppercased() }
        #expect(isGuarded == (route?.access == .acting), "\(path.key)")
      }
    }
  }

  @Test func `every answer is as it says`() async throws {
    let document = try described()
    try await PortKit.with { kit in
      let now = kit.time.now
      var sweep = try SweepCommit.of(run: "run_a", "m1", "m2", at: now.milliseconds)
      sweep.changed = ["run_a": .init(phase: .failed, since: now, isBaseline: false)]
      _ = try await kit.store.commit(sweep)
      let due = try await kit.store.due(destination: "chat", limit: 1, at: now, except: [])
      for delivery in due {
        try await kit.store.settle(delivery, as: .dead(reason: "no"), .of(delivery, at: now.milliseconds))
      }
      kit.watcher.moves([.init(id: "run_b", phase: .running, flow: nil, since: now, startedAt: nil, usual: nil)])
      let body = #"{"for": "2h", "rules": ["rule"], "reason": "why"}"#
      let id = try #require(
        try JSONDocument(parsing: Array(await kit.post("/api/v1/silences", body: body).text.utf8)).root["id"]?.string)
      for (method, path, template, body) in [
        ("get", "/-/healthy?format=json", "/-/healthy", ""), ("get", "/-/ready?format=json", "/-/ready", ""),
        ("get", "/api/v1/overview", "/api/v1/overview", ""), ("get", "/api/v1/status", "/api/v1/status", ""),
        ("get", "/api/v1/runs", "/api/v1/runs", ""), ("get", "/api/v1/runs?limit=0", "/api/v1/runs", ""),
        ("get", "/api/v1/runs/run_a", "/api/v1/runs/{id}", ""), ("get", "/api/v1/runs/x", "/api/v1/runs/{id}", ""),
        ("get", "/api/v1/audit", "/api/v1/audit", ""), ("get", "/api/v1/audit?limit=0", "/api/v1/audit", ""),
        ("get", "/api/v1/silences", "/api/v1/silences", ""), ("post", "/api/v1/silences", "/api/v1/silences", body),
        ("post", "/api/v1/silences", "/api/v1/silences", "{}"),
        ("post", "/api/v1/silences/\(id)/end", "/api/v1/silences/{id}/end", ""),
        ("post", "/api/v1/silences/\(id)/end", "/api/v1/silences/{id}/end", ""),
        ("post", "/api/v1/deliveries/m1/replay", "/api/v1/deliveries/{id}/replay", ""),
        ("post", "/api/v1/deliveries/x/replay", "/api/v1/deliveries/{id}/replay", ""),
      ] {
        let response = method == "get" ? await kit.get(path) : await kit.post(path, body: body)
        let operation = document["paths"]?[template]?[method]
        let schema = operation?["responses"]?["\(response.status)"]?["content"]?["application/json"]?["schema"]
        let faults = try Schema(document).faults(
          JSONDocument(parsing: Array(response.text.utf8)).root,
          try #require(schema, "\(method) \(path) \(response.status)"))
        #expect(faults.isEmpty, "\(path): \(faults)")
      }
    }
  }

  @Test func `the check sees what is wrong`() throws {
    let document = try described()
    let schema = try #require(document["components"]?["schemas"]?["Runs"])
    for (text, count) in [
      (#"{"runs":[],"next":null}"#, 0), (#"{"runs":[]}"#, 1), (#"{"runs":[],"next":1}"#, 1),
      (#"{"runs":[],"next":null,"more":1}"#, 1), (#"{"runs":[{}],"next":null}"#, 8),
    ] {
      #expect(
        try Schema(document).faults(JSONDocument(parsing: Array(text.utf8)).root, schema).count == count, "\(text)")
    }
  }
}

/// As much of JSON Schema as the file uses.
private struct Schema {
  let document: JSONNode

  init(_ document: JSONNode) {
    self.document = document
  }

  func faults(_ value: JSONNode, _ schema: JSONNode, at place: String = "$") -> [String] {
    if let name = schema["$ref"]?.string?.split(separator: "/").last,
      let target = document["components"]?["schemas"]?[String(name)]
    {
      return faults(value, target, at: place)
    }
    var faults: [String] = []
    let types = schema["type"]?.string.map { [$0] } ?? schema["type"]?.elements?.compactMap(\.string) ?? []
    if !types.contains(type(of: value)) { return ["\(place) is \(type(of: value)), not \(types)"] }
    if let words = schema["enum"]?.elements?.compactMap(\.string), let word = value.string, !words.contains(word) {
      faults.append("\(place) is \(word)")
    }
    if schema["format"]?.string == "date-time", let text = value.string,
      text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) == nil
    {
      faults.append("\(place) is no moment: \(text)")
    }
    for name in schema["required"]?.elements?.compactMap(\.string) ?? []
    where value.members != nil && value[name] == nil {
      faults.append("\(place) has no \(name)")
    }
    for member in value.members ?? [] {
      if let inner = schema["properties"]?[member.key] {
        faults += self.faults(member.value, inner, at: "\(place).\(member.key)")
      } else if schema["additionalProperties"]?.bool == false {
        faults.append("\(place).\(member.key) is not described")
      }
    }
    if let items = schema["items"] {
      for (index, element) in (value.elements ?? []).enumerated() {
        faults += self.faults(element, items, at: "\(place)[\(index)]")
      }
    }
    return faults
  }

  private func type(of value: JSONNode) -> String {
    switch value.content {
    case .null: "null"
    case .bool: "boolean"
    case .number: "integer"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    case .invalid: "invalid"
    }
  }
}
