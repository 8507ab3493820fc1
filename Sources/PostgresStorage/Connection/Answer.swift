internal import CPostgres

/// What a statement has brought.
final class Answer {
  let result: OpaquePointer
  let count: Int
  let columns: Int
  private(set) lazy var places: [String: Int] = {
    let names = (0..<columns).map { cpostgres_column(result, Int32($0)).map { String(cString: $0) } ?? "" }
    return Dictionary(zip(names, names.indices)) { first, _ in first }
  }()

  init(_ result: OpaquePointer) {
    self.result = result
    (count, columns) = (Int(cpostgres_rows(result)), Int(cpostgres_columns(result)))
  }

  deinit { cpostgres_clear(result) }

  /// Rows that were changed; 0 for a statement that changes none.
  var changed: Int { cpostgres_changed(result).flatMap { Int(String(cString: $0)) } ?? 0 }

  func type(_ column: Int) -> UInt32 { cpostgres_type(result, Int32(column)) }

  /// Nil: NULL.
  func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
    let (row, column) = (Int32(row), Int32(column))
    guard !cpostgres_is_null(result, row, column) else { return nil }
    return UnsafeRawBufferPointer(
      start: cpostgres_value(result, row, column), count: Int(cpostgres_length(result, row, column)))
  }

  func text(_ row: Int, _ column: Int) -> String? {
    bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
  }
}
