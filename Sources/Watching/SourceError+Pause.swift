import ViAPI

extension SourceError {
  /// How long to wait before the next sweep, where the schedule has planned so much. Refused credentials are not tried hot:
  /// somebody must mend them first. But that they are refused is not believed at once.
  ///
  /// - Parameter failures: sweeps in a row that have failed, this one among them.
  func pause(planned: Duration, interval: Duration, failures: Int) -> Duration {
    if case .refused = self, failures > 3 { return max(.seconds(300), interval) }
    return max(planned, retryAfter ?? .zero)
  }
}
