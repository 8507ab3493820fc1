internal import Runs

/// The ids of traces and spans.
///
/// They are derived from the ids of events and deliveries, so they survive a restart: an attempt that is made again after a kill has
/// the same span, and the steps of a chain, which keep their event, stay in one trace.
package enum TraceNames {
  /// 16 bytes in lower-case hexadecimal, as W3C Trace Context and OTLP/JSON write them.
  package static func trace(event id: String) -> String {
    RunEvent.digest(["trace", id])
  }

  /// 8 bytes in lower-case hexadecimal.
  package static func seen(event id: String) -> String { span(["seen", id]) }

  /// - Parameter attemptsBefore: how many attempts were made before somebody sent it again: each time is a span of its own.
  package static func delivery(_ id: String, attemptsBefore: Int = 0) -> String {
    span(["delivery", id, "\(attemptsBefore)"])
  }

  /// - Parameter number: of the attempt, from 1, as its row has it.
  package static func attempt(_ number: Int, of delivery: String) -> String {
    span(["attempt", delivery, "\(number)"])
  }

  private static func span(_ parts: [String]) -> String {
    String(RunEvent.digest(parts).prefix(16))
  }
}
