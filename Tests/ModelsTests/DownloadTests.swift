import FoundationEssentials
import Locking
import Simulator
import Testing

@testable import Models

@Suite(.timeLimit(.minutes(1)))
struct DownloadTests {
  @Test func `a model is put in its place, byte for byte, and nothing else stays behind`() async throws {
    try await withModels { kit in
      let model = try await kit.download()
      #expect(model.path == kit.folder)
      #expect(!model.wasThere)
      #expect(try kit.holds(kit.archive(size: 300_000)))
      #expect(kit.entries == [ModelsKit.run])
      #expect(ModelFolder.checkpoint(of: kit.folder) == "ckpt_30")
    }
  }
}
