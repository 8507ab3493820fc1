package import Runs

/// One span of a trace, ended.
package struct Span: Sendable, Equatable {
  package enum Kind: Int, Sendable {
    /// The numbers are those of the protocol (opentelemetry-proto, `trace.proto`, `SpanKind`).
    case `internal` = 1
    case client = 3
  }

  package enum Value: Sendable, Equatable {
    case text(String)
    case number(Int)
    case texts([String])
  }

  /// Characters of a text that are kept: names and messages come from others, and may be of any length.
  static let longest = 256
  /// Elements of a list that are kept.
  static let most = 20

  package let trace: String
  package let id: String
  /// Nil: it is the first of its trace.
  package let parent: String?
  package let name: String
  package let kind: Kind
  package let start: Timestamp
  /// Not before the start: two clocks may have measured them.
  package let end: Timestamp
  package let attributes: [(key: String, value: Value)]
  /// Why it failed; nil: it didn't.
  package let failure: String?

  package init(
    trace: String, id: String, parent: String?, _ name: String, _ kind: Kind = .internal, from start: Timestamp,
    to end: Timestamp, _ attributes: [(key: String, value: Value?)], failure: String? = nil
  ) {
    (self.trace, self.id, self.parent, self.name, self.kind) = (trace, id, parent, name, kind)
    (self.start, self.end) = (min(start, end), end)
    self.attributes = attributes.compactMap { key, value in value.map { (key, $0.cut) } }
    self.failure = failure?.cut
  }

  package static func == (one: Span, other: Span) -> Bool {
    one.trace == other.trace && one.id == other.id && one.parent == other.parent && one.name == other.name
      && one.kind == other.kind && one.start == other.start && one.end == other.end && one.failure == other.failure
      && one.attributes.elementsEqual(other.attributes) { $0 == $1 }
  }
}

extension String {
  fileprivate var cut: String { count > Span.longest ? "\(prefix(Span.longest - 1))…" : self }
}

extension Span.Value {
  fileprivate var cut: Span.Value {
    switch self {
    case .text(let text): .text(text.cut)
    case .number: self
    case .texts(let texts): .texts(texts.prefix(Span.most).map(\.cut))
    }
  }
}
