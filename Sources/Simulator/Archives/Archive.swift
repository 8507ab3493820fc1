internal import CDisk
internal import FoundationEssentials
import JSONSource

/// A model as the vendor packs it: a tar with `model_full/run.json` and `model_full/model.safetensors`, or shards of it.
///
/// It is generated while it is read, so that tests can use one of gigabytes without holding its weights in memory.
package struct Archive: Sendable {
  private enum Part: Sendable {
    case bytes([UInt8])
    /// This many bytes of weights.
    case numbers(Int)
    case zeros(Int)

    var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .numbers(let count), .zeros(let count): count
      }
    }
  }

  /// The length of the whole archive.
  package let count: Int
  /// Identifies the content: equal for equal models.
  let tag: UInt64
  /// The offset of each part, ascending.
  private let parts: [(start: Int, part: Part)]

  /// - Parameter size: bytes of weights, at least 4 for each shard; rounded to a multiple of that.
  package init(runID: String, flow: String, epoch: Int, size: Int, files: ModelFiles = ModelFiles()) {
    let config = JSONWriter.object {
      $0.member("runId", runID)
      $0.member("epoch", epoch)
      $0.member("spec") { $0.object { $0.member("flow") { $0.object { $0.member("name", flow) } } } }
    }
    let shards = max(1, files.shards)
    let each = max(4, size / shards / 4 * 4)
    var parts: [Part] = [
      .bytes(Tar.entry("model_full/", [], .directory) + Tar.entry("model_full/run.json", config))
    ]
    if shards > 1 { parts.append(.bytes(Tar.entry("model_full/model.safetensors.index.json", Self.index(shards)))) }
    for shard in 0..<shards {
      let head = Self.safetensorsHead(bytes: each)
      let name = "model_full/" + (shards > 1 ? Self.shardName(shard, of: shards) : "model.safetensors")
      let padding = [UInt8](repeating: 0, count: Tar.padding(head.count + each))
      parts += [
        .bytes(Tar.header(name, bytes: head.count + each) + head),
        files.weights == .zeros ? .zeros(each) : .numbers(each), .bytes(padding),
      ]
    }
    if files.hasAdapter { parts.append(.bytes(Self.adapter)) }
    parts.append(.bytes(Tar.end))
    let tag = fnv1a("\(runID)/\(epoch)/\(each)/\(shards)/\(files.hasAdapter)/\(files.weights)")
    let plain = Archive(parts, tag: tag)
    self = files.isGzip ? Archive([.bytes(Gzip.stored(plain.bytes(in: 0..<plain.count)))], tag: ~tag) : plain
  }

  /// A given archive.
  package init(bytes: [UInt8]) {
    var tag: UInt64 = 0
    for byte in bytes { tag = (tag ^ UInt64(byte)) &* 0x100_0000_01B3 }
    self.init([.bytes(bytes)], tag: tag)
  }

  private init(_ parts: [Part], tag: UInt64) {
    var start = 0
    self.parts = parts.map { part in
      defer { start += part.count }
      return (start, part)
    }
    count = start
    self.tag = tag
  }

  package func bytes(in range: Range<Int>) -> [UInt8] {
    let end = min(range.upperBound, count)
    guard range.lowerBound < end else { return [] }
    return [UInt8](unsafeUninitializedCapacity: end - range.lowerBound) { buffer, filled in
      for (start, part) in parts where start < end && start + part.count > range.lowerBound {
        let slice = max(range.lowerBound, start)..<min(end, start + part.count)
        let target = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        write(part, from: slice.lowerBound - start, slice.count, to: target)
        filled += slice.count
      }
    }
  }

  private func write(_ part: Part, from offset: Int, _ count: Int, to target: UnsafeMutableRawBufferPointer) {
    switch part {
    case .bytes(let bytes):
      bytes.withUnsafeBytes { target.copyMemory(from: .init(rebasing: $0[offset..<offset + count])) }
    case .zeros:
      UnsafeMutableRawBufferPointer(rebasing: target[..<count]).initializeMemory(as: UInt8.self, repeating: 0)
    case .numbers: Numbers.write(from: offset &+ Int(truncatingIfNeeded: tag >> 1), count, to: target)
    }
  }

  /// The checksum in a storage's notation: base64 of four bytes, big-endian
  /// (cloud.google.com/storage/docs/xml-api/reference-headers).
  package static func googleHash(_ value: UInt32) -> String {
    Data((0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }).base64EncodedString()
  }

  /// CRC-32C of the whole archive, which is generated once more to compute it.
  package var crc32c: UInt32 {
    stride(from: 0, to: count, by: 1 << 20).reduce(0) { value, start in
      bytes(in: start..<start + (1 << 20)).withUnsafeBytes { cdisk_crc32c(value, $0.baseAddress, $0.count) }
    }
  }
}

/// The small files.
extension Archive {
  private static func shardName(_ shard: Int, of count: Int) -> String {
    func five(_ number: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)" }
    return "model-\(five(shard + 1))-of-\(five(count)).safetensors"
  }

  private static func index(_ shards: Int) -> [UInt8] {
    JSONWriter.object {
      $0.member("metadata") { $0.object { _ in } }
      $0.member("weight_map") { map in
        map.object { map in
          for shard in 0..<shards { map.member("model.weight.\(shard)", shardName(shard, of: shards)) }
        }
      }
    }
  }

  private static let adapter =
    Tar.entry("model_adapter/", [], .directory)
    + Tar.entry("model_adapter/adapter_config.json", Array(#"{"peft_type":"LORA"}"#.utf8))
    + Tar.entry("model_adapter/adapter_model.safetensors", safetensorsHead(bytes: 4) + [0, 0, 0x80, 0x3F])

  /// Eight bytes of length, little-endian, and a table of tensors padded with spaces to a multiple of eight.
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
}

/// Weights: small numbers of both signs, at any alignment of four bytes. They repeat after a prime number of bytes, so that no two
/// pieces of an archive are alike, and generating them is only copying.
private enum Numbers {
  static let period = 131_071

  static let table: [UInt8] = (0..<period).map { index in
    UInt8(truncatingIfNeeded: (UInt64(index) &* 0x9E37_79B9_7F4A_7C15) >> 40) & 0xBF
  }

  static func write(from position: Int, _ count: Int, to target: UnsafeMutableRawBufferPointer) {
    var (place, written) = (position % period, 0)
    while written < count {
      let part = min(count - written, period - place)
      table.withUnsafeBytes { table in
        UnsafeMutableRawBufferPointer(rebasing: target[written...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: table[place..<place + part]))
      }
      written += part
      place = 0
    }
  }
}
