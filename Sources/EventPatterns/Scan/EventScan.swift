import JSONSource

/// One pass over the bytes of an event that notes the values of the fields that patterns name.
///
/// Iterative, so that no nesting can exhaust the stack. In parts that no pattern names, only brackets and strings are read.
struct EventScan {
  /// Deeper nesting on the path of a field is refused; skipped values may be nested deeper.
  static let maximumDepth = 1_000

  private let keys: HashTable<KeyEntry>
  private let nodes: UnsafePointer<PathNode>
  private let texts: UnsafePointer<UInt8>
  private let splitsKeysAtDots: Bool
  private let keysAreUnique: Bool
  private var cursor: EventCursor
  /// The number of arrays entered so far, which identifies them.
  private var arrays: Int32 = 0

  init(_ automaton: Automaton, _ event: UnsafeRawBufferPointer, keysAreUnique: Bool) {
    keys = automaton.keys
    nodes = automaton.nodes
    texts = automaton.predicates.texts
    splitsKeysAtDots = automaton.splitsKeysAtDots
    self.keysAreUnique = keysAreUnique
    cursor = EventCursor(event)
  }

  /// An object or array that is being read.
  struct Frame: BitwiseCopyable {
    var node: Int32
    /// The innermost array element around the members, or -1.
    var element: Int32
    /// The number of this array, or -1 for an object.
    var array: Int32
    /// The number of the object's named keys that were not seen yet.
    var unseen: Int32

    @inline(__always)
    var closing: UInt8 {
      array < 0 ? UInt8(ascii: "}") : UInt8(ascii: "]")
    }
  }

  /// Reads the event's object; ignores what follows it.
  mutating func run(_ notes: inout EventNotes, _ frames: inout Scratch<Frame>) throws(JSONSyntaxError) {
    guard cursor.next() == UInt8(ascii: "{") else { throw cursor.error("an event must be an object") }
    frames.removeAll()
    var frame = Frame(node: 0, element: -1, array: -1, unseen: nodes[0].children)
    cursor.advance()
    if cursor.next() == UInt8(ascii: "}") { return }
    repeat {
      let node = frame.array < 0 ? try member(of: &frame, &notes) : frame.node
      let byte = cursor.next()
      if isEntered(byte, node) {
        guard frames.count < EventScan.maximumDepth - 1 else { throw cursor.error("nested deeper than 1000 levels") }
        frames.append(frame)
        frame = enter(byte, node, frame, &notes)
        // An empty container has only its end left.
        if cursor.next() != frame.closing { continue }
      } else {
        try value(byte, at: node, in: frame.element, &notes)
      }
      guard try leave(&frame, &frames) else { return }
    } while true
  }

  @inline(__always)
  private func isEntered(_ byte: UInt8, _ node: Int32) -> Bool {
    guard node >= 0 else { return false }
    return byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") && nodes[Int(node)].hasChildren
  }

  /// After a value: moves past the ends of containers to the next member or element; false at the event's end.
  @inline(__always)
  private mutating func leave(_ frame: inout Frame, _ frames: inout Scratch<Frame>) throws(JSONSyntaxError) -> Bool {
    while true {
      var byte = cursor.next()
      cursor.advance()
      if byte == UInt8(ascii: ",") {
        guard keysAreUnique, frame.unseen == 0, frame.array < 0 else { return true }
        if frames.count == 0 { return false }
        try cursor.skipRest()
        byte = frame.closing
      }
      guard byte == frame.closing else { throw cursor.error("a comma or a closing bracket is expected here", back: 1) }
      guard frames.count > 0 else { return false }
      frame = frames[frames.count &- 1]
      frames.removeLast()
    }
  }

  private mutating func enter(_ byte: UInt8, _ node: Int32, _ frame: Frame, _ notes: inout EventNotes) -> Frame {
    cursor.advance()
    var inner = Frame(node: node, element: frame.element, array: -1, unseen: nodes[Int(node)].children)
    // An element matters only if several fields can be in it.
    if frame.array >= 0, nodes[Int(node)].hasChildren {
      inner.element = notes.addElement(of: frame.array, in: frame.element)
    }
    if byte == UInt8(ascii: "[") {
      inner.array = arrays
      arrays &+= 1
    }
    return inner
  }

  /// Reads a key and its colon; returns the node it leads to, or -1 if no pattern names it.
  @inline(__always)
  private mutating func member(of frame: inout Frame, _ notes: inout EventNotes) throws(JSONSyntaxError) -> Int32 {
    guard cursor.next() == UInt8(ascii: "\"") else { throw cursor.error("a member name is expected here") }
    let key = try cursor.string(&notes.resolved)
    guard cursor.next() == UInt8(ascii: ":") else { throw cursor.error("a colon is expected here") }
    cursor.advance()
    let child = child(of: frame.node, key)
    if child >= 0 { frame.unseen &-= 1 }
    return child
  }

  @inline(__always)
  private func child(of node: Int32, _ key: EventText) -> Int32 {
    if let child = step(from: node, key) { return child }
    return splitsKeysAtDots && key.containsDot ? walk(from: node, key) : -1
  }

  @inline(__always)
  private func step(from node: Int32, _ key: EventText) -> Int32? {
    keys.find(Fingerprint.mix(key.hash, node)) { entry in
      entry.parent == node && entry.text.count == key.count
        && sameBytes(texts + Int(entry.text.first), key.text, Int(key.count))
    }?.child
  }

  /// A key with dots means the keys between them.
  private func walk(from node: Int32, _ key: EventText) -> Int32 {
    var node = node
    var start = 0
    for position in 0...Int(key.count) {
      guard position == Int(key.count) || key.text[position] == UInt8(ascii: ".") else { continue }
      guard let next = step(from: node, EventText(key.text + start, position - start)) else { return -1 }
      node = next
      start = position + 1
    }
    return node
  }

  /// Notes or skips a value that is not entered.
  @inline(__always)
  private mutating func value(
    _ byte: UInt8, at node: Int32, in element: Int32, _ notes: inout EventNotes
  ) throws(JSONSyntaxError) {
    guard node >= 0, nodes[Int(node)].field >= 0, byte != UInt8(ascii: "{") else { return try cursor.skip(byte) }
    let place = nodes[Int(node)]
    if byte == UInt8(ascii: "\"") {
      let text = try cursor.string(&notes.resolved)
      notes.add(Leaf(text, .string, field: place.field, element: element))
    } else {
      try scalar(byte, place, element, &notes)
    }
  }

  private mutating func scalar(
    _ byte: UInt8, _ place: PathNode, _ element: Int32, _ notes: inout EventNotes
  ) throws(JSONSyntaxError) {
    let token = try cursor.token()
    var leaf = Leaf(token, .null, field: place.field, element: element)
    switch byte {
    case UInt8(ascii: "n"): break
    case UInt8(ascii: "t"): leaf.kind = .yes
    case UInt8(ascii: "f"): leaf.kind = .no
    default:
      leaf.kind = .numberText
      guard let decimal = Decimal(UnsafeBufferPointer(start: token.text, count: Int(token.count))) else {
        throw cursor.error("no JSON value", back: Int(token.count))
      }
      if place.comparesNumbers, let number = decimal.comparableValue {
        leaf.kind = .number
        leaf.number = number
      }
    }
    notes.add(leaf)
  }
}

extension Leaf {
  @inline(__always)
  init(_ text: EventText, _ kind: Kind, field: Int32, element: Int32) {
    self.init(
      text: text.text, count: text.count, kind: kind, hash: text.hash, number: 0, field: field, element: element,
      next: -1
    )
  }
}
