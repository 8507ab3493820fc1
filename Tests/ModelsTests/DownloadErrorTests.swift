import Glibc
import Testing
import Transport
import ViAPI

@testable import Models

@Suite struct DownloadErrorTests {
  private static let archive: [ArchiveError] = [
    .noLibrary(reason: "gone"), .notATar, .broken(reason: "x"), .notAFile(name: "x"), .unsafeName(name: "x"),
    .twice(name: "x"), .tooLarge(limit: 1), .tooMany(limit: 1), .noModel,
  ]

  private static let passing: [DownloadError] = [
    .notReady(run: "run_a"), .source(.unreachable(.stalled)), .source(.rateLimited(retryAfter: nil)),
    .source(.failing(status: 500, message: "", retryAfter: nil)), .link(status: 503, code: nil),
    .link(status: 429, code: nil),
    .transport(.cutShort), .tooLittleSpace(needed: 2, free: 1), .disk(path: "/a", number: ENOSPC),
    .disk(path: "/a", number: EDQUOT), .damaged("x"), .busy(path: "/a"), .cancelled,
    .noThread(number: EAGAIN),
  ]

  private static let lasting: [DownloadError] =
    [
      .noSuchModel(run: "run_a", checkpoint: nil), .noSuchModel(run: "a\nb", checkpoint: "c\u{1B}d"),
      .source(.refused(status: 401, message: "")), .source(.noSuchRun(id: "run_a")), .source(.notVi("x")),
      .link(status: 403, code: "ExpiredToken"), .transport(.invalidURL), .transport(.tls(host: "h", detail: "d")),
      .disk(path: "/a", number: EACCES), .disk(path: "/a", number: EROFS),
    ] + archive.map(DownloadError.archive)

  @Test(arguments: passing) func `what may be gone by itself is worth repeating`(_ error: DownloadError) {
    #expect(error.isTemporary)
  }

  @Test(arguments: lasting) func `what somebody has to mend is not`(_ error: DownloadError) {
    #expect(!error.isTemporary)
    #expect(!error.isNotReady)
  }

  @Test(arguments: passing + lasting) func `a text is a clause on one line, and so is the advice`(
    _ error: DownloadError
  ) {
    #expect(!error.description.isEmpty)
    for text in [error.description, error.advice] {
      #expect(text.first?.isUppercase != true && text.last != ".")
      #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
  }
}
