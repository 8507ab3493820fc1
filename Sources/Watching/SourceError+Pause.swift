import ViAPI

extension SourceError {
  /// The pause before the next sweep, given the schedule's plan. Refused credentials are not retried quickly, because somebody must
  /// repair them first; but a single refusal isn't believed.
  ///
  /// - Parameter failures: sweeps in a row that have failed, including this one.
  func pause(planned: Duration, interval: Duration, failures: Int) -> Duration {
    if case .refused = self, failures > 3 { return max(.seconds(300), interval) }
    return max(planned, retryAfter ?? .zero)
  }
}
