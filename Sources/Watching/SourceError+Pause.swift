import ViAPI

extension SourceError {
  /// How long to wait before the next sweep, where the schedule has planned so much. Refused credentials are not tried hot:
  /// somebody must mend them first.
  func pause(planned: Duration, interval: Duration) -> Duration {
    if case .refused = self { return max(.seconds(300), interval) }
    return max(planned, retryAfter ?? .zero)
  }
}
