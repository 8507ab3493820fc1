package import Transport

extension SourceError {
  /// It may pass by itself, without anybody repairing anything.
  package var isPassing: Bool {
    switch self {
    case .unreachable(let error): error.isPassing
    case .rateLimited, .failing, .tooSlow: true
    case .refused, .noSuchRun, .unreadable, .rejected, .notVi: false
    }
  }
}

extension TransportError {
  /// It may pass by itself. Certificates, addresses and files don't mend themselves.
  package var isPassing: Bool {
    switch self {
    case .invalidURL, .invalidMethod, .unsupportedScheme, .invalidHeader, .forbiddenAddress, .unreadableFile, .tls:
      false
    case .couldNotResolve, .couldNotConnect, .proxyRefused, .timedOut, .stalled, .bodyTooLarge, .notTaken, .cutShort,
      .badAnswer, .cancelled, .closed, .other:
      true
    }
  }
}
