internal import JSONSource

/// Finds what of one body is over a limit, and what to write in its place.
struct BodyFitting {
  /// In the order of the body; none lies within another.
  private var edits: [(range: Range<Int>, json: [UInt8])] = []
  /// What is left for the texts that come, beside one unit for each of them. Nil: there is no limit for all together.
  private var left: Int?

  mutating func visit(_ node: JSONNode, _ limits: LimitNode) {
    let outer = left
    if let sum = limits.sum { left = max(0, sum - countTexts(node, limits)) }
    defer { if limits.sum != nil { left = outer } }
    if let limit = limits.text { visitText(node, limit) }
    switch node.content {
    case .object(let members):
      for member in members {
        if let inner = limits[member.key] { visit(member.value, inner) }
      }
    case .array(let elements): visitList(elements, limits)
    default: return
    }
  }

  func applied(to body: [UInt8]) -> [UInt8] {
    guard !edits.isEmpty else { return body }
    var result: [UInt8] = []
    result.reserveCapacity(body.count)
    var position = 0
    for edit in edits {
      result += body[position..<edit.range.lowerBound]
      result += edit.json
      position = edit.range.upperBound
    }
    return result + body[position...]
  }

  private mutating func visitText(_ node: JSONNode, _ limit: TextLimit) {
    let written: String
    switch node.content {
    case .string(let text): written = text
    // A leaf that is one variable keeps its type, and these places take nothing but texts.
    case .number(let text): written = text
    case .bool(let value): written = value ? "true" : "false"
    case .null where limit.isRequired: written = ""
    default: return
    }
    let fitted =
      written.isEmpty && limit.isRequired ? TextLimit.nothing : limit.fit(written, max: left.map { $0 + 1 })
    if let left { self.left = left - max(0, limit.unit.count(fitted) - 1) }
    guard node.string == nil || fitted.utf8.count != written.utf8.count || fitted != written else { return }
    var json = JSONWriter()
    json.string(fitted)
    edits.append((node.range, json.bytes))
  }

  private mutating func visitList(_ elements: [JSONNode], _ limits: LimitNode) {
    var kept = elements.count
    if let (max, rest) = limits.list, kept > max { kept = rest == nil ? max : max - 1 }
    for element in elements[..<kept] {
      if let inner = limits.element(type: element["type"]?.string) { visit(element, inner) }
    }
    guard kept < elements.count, let last = elements.last else { return }
    let words = "… and \(elements.count - kept) more"
    let rest = limits.list?.rest.map { Array($0.replacing("%", with: words).utf8) } ?? []
    // Without an element in their place the comma before them goes, too.
    let start = rest.isEmpty ? elements[..<kept].last?.range.upperBound : elements[kept].range.lowerBound
    edits.append(((start ?? elements[kept].range.lowerBound)..<last.range.upperBound, rest))
  }

  private func countTexts(_ node: JSONNode, _ limits: LimitNode) -> Int {
    let own = limits.text == nil ? 0 : 1
    switch node.content {
    case .object(let members):
      return members.reduce(own) { sum, member in
        sum + (limits[member.key].map { countTexts(member.value, $0) } ?? 0)
      }
    case .array(let elements):
      return elements.reduce(own) { sum, element in
        sum + (limits.element(type: element["type"]?.string).map { countTexts(element, $0) } ?? 0)
      }
    default: return own
    }
  }
}
