internal import JSONSource

/// A pattern of exact values over the event data: an object whose leaves are lists of alternatives; all paths must hold.
package struct ExactPattern: Sendable {
  private struct Leaf: Sendable {
    let path: [String]
    let alternatives: Set<Scalar>
  }

  private enum Scalar: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)

    init?(_ node: JSONNode) {
      switch node.content {
      case .null: self = .null
      case .bool(let value): self = .bool(value)
      case .number(let text): self = .number(text)
      case .string(let text): self = .string(text)
      default: return nil
      }
    }
  }

  private let leaves: [Leaf]

  init?(_ node: JSONNode, path: String, _ diagnostics: DiagnosticList) {
    let known = diagnostics.all.count
    var leaves: [Leaf] = []
    Self.collect(node, [], path, into: &leaves, diagnostics)
    self.leaves = leaves
    if diagnostics.all.count > known { return nil }
  }

  private static func collect(
    _ node: JSONNode, _ keys: [String], _ path: String, into leaves: inout [Leaf], _ diagnostics: DiagnosticList
  ) {
    switch node.content {
    case .object(let members) where !members.isEmpty:
      for member in members {
        collect(member.value, keys + [member.key], "\(path).\(member.key)", into: &leaves, diagnostics)
      }
    case .array(let elements) where !elements.isEmpty && !keys.isEmpty:
      let scalars = elements.compactMap(Scalar.init)
      if scalars.count < elements.count {
        diagnostics.error(at: node.range, "\(path): only exact values can stand in this list")
      }
      leaves.append(Leaf(path: keys, alternatives: Set(scalars)))
    case .invalid: break
    default:
      diagnostics.error(
        at: node.range, "\(path): a pattern is an object, and its values stand in lists",
        hint: "write {\"flow\": [\"detector\"]}")
    }
  }

  func matches(_ data: JSONNode) -> Bool {
    leaves.allSatisfy { Self.matches($0.path[...], $0.alternatives, data) }
  }

  private static func matches(_ path: ArraySlice<String>, _ alternatives: Set<Scalar>, _ node: JSONNode) -> Bool {
    if let elements = node.elements { return elements.contains { matches(path, alternatives, $0) } }
    guard let key = path.first else { return Scalar(node).map(alternatives.contains) ?? false }
    return node[key].map { matches(path.dropFirst(), alternatives, $0) } ?? false
  }
}
