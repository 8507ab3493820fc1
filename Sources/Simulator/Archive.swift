import JSONSource

/// A model as the vendor packs it: a tar with `model_full/run.json` and `model_full/model.safetensors`.
///
/// It is made while it is read, so that a test may have one of gigabytes: no byte of the weights is held in memory.
package struct Archive: Sendable {
  /// Bytes of the whole archive.
  package let count: Int
  /// Stands for the content: the same for the same model.
  let tag: UInt64
  /// What comes before the weights.
  private let head: [UInt8]
  private let weights: Int

  /// - Parameter size: bytes of weights, from 4; made a multiple of 4.
  package init(runID: String, flow: String, epoch: Int, size: Int) {
    weights = max(4, size / 4 * 4)
    tag = fnv1a("\(runID)/\(epoch)/\(weights)")
    let config = JSONWriter.object {
      $0.member("runId", runID)
      $0.member("epoch", epoch)
      $0.member("spec") { $0.object { $0.member("flow") { $0.object { $0.member("name", flow) } } } }
    }
    let description = Self.safetensorsHead(bytes: weights)
    var head = Self.header("model_full/", bytes: 0, type: UInt8(ascii: "5"))
    head += Self.header("model_full/run.json", bytes: config.count) + Self.padded(config)
    head += Self.header("model_full/model.safetensors", bytes: description.count + weights) + description
    self.head = head
    // The last file is filled up to a block, and two empty blocks end the archive.
    count = (head.count + weights + 511) / 512 * 512 + 1_024
  }

  package func bytes(in range: Range<Int>) -> [UInt8] {
    (range.lowerBound..<min(range.upperBound, count)).map(byte)
  }

  private func byte(at offset: Int) -> UInt8 {
    if offset < head.count { return head[offset] }
    let index = offset - head.count
    // Small numbers of both signs, as weights are, whatever 4 bytes are read together.
    return index < weights ? UInt8(truncatingIfNeeded: (UInt64(index) &* 0x9E37_79B9_7F4A_7C15 ^ tag) >> 40) & 0xBF : 0
  }

  /// Eight bytes of length, little end first, and a table of tensors filled up with spaces to a multiple of eight.
  private static func safetensorsHead(bytes: Int) -> [UInt8] {
    var table = JSONWriter.object {
      $0.member("model.weight") { tensor in
        tensor.object {
          $0.member("dtype", "F32")
          $0.member("shape") { $0.array { $0.integer(bytes / 4) } }
          $0.member("data_offsets") { $0.array([0, bytes]) { $0.integer($1) } }
        }
      }
    }
    while !table.count.isMultiple(of: 8) { table.append(UInt8(ascii: " ")) }
    return (0..<8).map { UInt8(truncatingIfNeeded: table.count >> (8 * $0)) } + table
  }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  /// A ustar header block. Sizes from 8 GiB don't fit its field.
  private static func header(_ name: String, bytes: Int, type: UInt8 = UInt8(ascii: "0")) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    func octal(_ value: Int, digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
    put(name, at: 0)
    put(type == UInt8(ascii: "5") ? "0000755" : "0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(octal(bytes, digits: 11), at: 124)
    put(octal(1_766_000_000, digits: 11), at: 136)
    put("        ", at: 148)
    block[156] = type
    put("ustar", at: 257)
    put("00", at: 263)
    put("root", at: 265)
    put("root", at: 297)
    put(octal(block.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
    block[154] = 0
    return block
  }
}
