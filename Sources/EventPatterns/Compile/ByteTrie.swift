/// Many byte tries in one table of edges. Those for infixes have the links of Aho and Corasick.
struct ByteTrie {
  struct Node: BitwiseCopyable {
    var postings = Span32()
    /// The node of the longest suffix that is also in the trie; -1 at the root and in tries of prefixes.
    var fallback: Int32 = -1
    /// The next node along the fallbacks that has postings, or -1.
    var output: Int32 = -1
  }

  private let edges: HashTable<Int32>
  private let nodes: UnsafePointer<Node>

  init(_ builder: ByteTrieBuilder, in arena: Arena) {
    edges = HashTable(
      builder.edges.map { (key: ByteTrie.key($0.parent, $0.byte), value: $0.child) }, empty: -1, in: arena)
    nodes = arena.freeze(builder.nodes)
  }

  @inline(__always)
  fileprivate static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
    // The multiplication spreads keys that differ only in low bits; it is invertible, so different keys stay different.
    let mixed = (UInt64(UInt32(bitPattern: node)) &<< 8 | UInt64(byte)) &+ 1
    return (mixed &* 0x9E37_79B9_7F4A_7C15) &>> 32 ^ (mixed &* 0x9E37_79B9_7F4A_7C15)
  }

  @inline(__always)
  private func child(_ node: Int32, _ byte: UInt8) -> Int32? {
    edges.find(ByteTrie.key(node, byte)) { _ in true }
  }

  /// Finds the texts that are prefixes of `text`.
  @inline(__always)
  func prefixes(of text: UnsafePointer<UInt8>, _ count: Int, from root: Int32, _ found: (Span32) -> Void) {
    var node = root
    var position = 0
    while true {
      if nodes[Int(node)].postings.count > 0 { found(nodes[Int(node)].postings) }
      guard position < count, let next = child(node, text[position]) else { return }
      node = next
      position &+= 1
    }
  }

  /// Finds the texts, stored backwards, that are suffixes of `text`.
  @inline(__always)
  func suffixes(of text: UnsafePointer<UInt8>, _ count: Int, from root: Int32, _ found: (Span32) -> Void) {
    var node = root
    var position = count
    while true {
      if nodes[Int(node)].postings.count > 0 { found(nodes[Int(node)].postings) }
      guard position > 0, let next = child(node, text[position &- 1]) else { return }
      node = next
      position &-= 1
    }
  }

  /// Finds the texts that occur anywhere in `text`.
  @inline(__always)
  func infixes(of text: UnsafePointer<UInt8>, _ count: Int, from root: Int32, _ found: (Span32) -> Void) {
    var node = root
    for position in 0..<count {
      while true {
        if let next = child(node, text[position]) {
          node = next
          break
        }
        guard nodes[Int(node)].fallback >= 0 else { break }
        node = nodes[Int(node)].fallback
      }
      var ending = node
      while ending >= 0 {
        if nodes[Int(ending)].postings.count > 0 { found(nodes[Int(ending)].postings) }
        ending = nodes[Int(ending)].output
      }
    }
  }
}

/// Collects texts and their postings.
struct ByteTrieBuilder {
  typealias Edge = (parent: Int32, byte: UInt8, child: Int32)

  private(set) var nodes: [ByteTrie.Node] = []
  private(set) var edges: [Edge] = []
  private var children: [UInt64: Int32] = [:]
  /// Each node's distance from its root.
  private var depths: [Int32] = []

  mutating func makeRoot() -> Int32 {
    addNode(depth: 0)
  }

  private mutating func addNode(depth: Int32) -> Int32 {
    nodes.append(ByteTrie.Node())
    depths.append(depth)
    return Int32(nodes.count - 1)
  }

  mutating func insert(_ text: some Sequence<UInt8>, at root: Int32, _ postings: Span32) {
    var node = root
    for byte in text {
      let key = UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
      if let child = children[key] {
        node = child
      } else {
        let child = addNode(depth: depths[Int(node)] + 1)
        children[key] = child
        edges.append((node, byte, child))
        node = child
      }
    }
    nodes[Int(node)].postings = postings
  }

  /// Sets the fallbacks of a trie whose edges are `edges[first...]`; parents come before their children there.
  mutating func link(root: Int32, edgesFrom first: Int) {
    // Fallbacks lead to smaller depths, so those are linked first.
    var byDepth: [[Edge]] = []
    for edge in edges[first...] {
      let depth = Int(depths[Int(edge.child)])
      while byDepth.count <= depth { byDepth.append([]) }
      byDepth[depth].append(edge)
    }
    for edge in byDepth.joined() {
      var candidate = nodes[Int(edge.parent)].fallback
      var target = root
      while candidate >= 0 {
        if let next = children[UInt64(UInt32(bitPattern: candidate)) << 8 | UInt64(edge.byte)] {
          target = next
          break
        }
        candidate = nodes[Int(candidate)].fallback
      }
      nodes[Int(edge.child)].fallback = target
      let outputs = nodes[Int(target)].postings.count > 0
      nodes[Int(edge.child)].output = outputs ? target : nodes[Int(target)].output
    }
  }
}
