package import Transport

extension SourceError {
  /// Transient: it may pass without a repair.
  package var isPassing: Bool {
    switch self {
    case .unreachable(let error): error.isPassing
    case .rateLimited, .failing, .tooSlow: true
    case .refused, .noSuchRun, .unreadable, .rejected, .notVi: false
    }
  }
}

extension TransportError {
  /// Transient. Certificates, addresses and files need a repair.
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
