/// The value of a field as the scan found it.
struct Leaf: BitwiseCopyable {
  enum Kind: UInt8 {
    case null, no, yes
    /// `number` is the value.
    case number
    /// A number that equals only its own text, or one whose value no pattern compares.
    case numberText
    /// `text` is the string without quotation marks, with escapes resolved.
    case string
  }

  /// Points into the event, or into the buffer for resolved escapes.
  var text: UnsafePointer<UInt8>
  var count: Int32
  var kind: Kind
  /// For strings and number texts.
  var hash: UInt64
  var number: Double
  var field: Int32
  /// The innermost array element that contains the leaf, or -1.
  var element: Int32
  /// The next leaf of the same field, or -1.
  var next: Int32
}

/// An array element, itself an object or an array, on a pattern's path.
struct ArrayElement: BitwiseCopyable {
  var array: Int32
  /// The element around the array, or -1.
  var parent: Int32
  /// The number of elements around this one.
  var depth: Int32
}

/// The notes of one scan over an event.
struct EventNotes: ~Copyable {
  var leaves = Scratch<Leaf>(capacity: 64)
  var elements = Scratch<ArrayElement>(capacity: 64)
  /// Strings with resolved escapes; has room for a whole event, so that it never moves during a scan.
  var resolved = Scratch<UInt8>(capacity: 1024)
  /// The latest leaf of each field, or -1.
  private let heads: UnsafeMutablePointer<Int32>

  init(fieldCount: Int) {
    heads = .allocate(capacity: max(fieldCount, 1))
    heads.initialize(repeating: -1, count: max(fieldCount, 1))
  }

  deinit {
    heads.deallocate()
  }

  mutating func reset(eventSize: Int) {
    for index in 0..<leaves.count { heads[Int(leaves.base[index].field)] = -1 }
    leaves.removeAll()
    elements.removeAll()
    resolved.removeAll()
    resolved.reserve(eventSize + 8)
  }

  @inline(__always)
  func firstLeaf(of field: Int32) -> Int32 {
    heads[Int(field)]
  }

  @inline(__always)
  mutating func add(_ leaf: Leaf) {
    var leaf = leaf
    leaf.next = heads[Int(leaf.field)]
    heads[Int(leaf.field)] = Int32(truncatingIfNeeded: leaves.count)
    leaves.append(leaf)
  }

  @inline(__always)
  mutating func addElement(of array: Int32, in parent: Int32) -> Int32 {
    let depth = parent < 0 ? 0 : elements.base[Int(parent)].depth &+ 1
    elements.append(ArrayElement(array: array, parent: parent, depth: depth))
    return Int32(truncatingIfNeeded: elements.count &- 1)
  }

  /// False if the two are in different elements of one array.
  func areConsistent(_ one: Int32, _ other: Int32) -> Bool {
    guard one >= 0, other >= 0, one != other else { return true }
    var left = elements.base[Int(one)]
    var right = elements.base[Int(other)]
    var leftIndex = one
    var rightIndex = other
    while left.depth > right.depth {
      leftIndex = left.parent
      left = elements.base[Int(leftIndex)]
    }
    while right.depth > left.depth {
      rightIndex = right.parent
      right = elements.base[Int(rightIndex)]
    }
    if leftIndex == rightIndex { return true }
    while left.parent != right.parent {
      left = elements.base[Int(left.parent)]
      right = elements.base[Int(right.parent)]
    }
    return left.array != right.array
  }
}
