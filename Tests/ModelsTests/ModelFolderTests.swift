import Testing

@testable import Models

@Suite struct ModelFolderTests {
  @Test func `a tilde at the front is the home directory`() {
    #expect(ModelFolder.expand("~/.datature/vi/models", home: "/home/a") == "/home/a/.datature/vi/models")
    #expect(ModelFolder.expand("~", home: "/home/a") == "/home/a")
    #expect(ModelFolder.expand("~b/models", home: "/home/a") == "~b/models")
    #expect(ModelFolder.expand("models", home: "/home/a") == "models")
    #expect(ModelFolder.expand("~/models", home: nil) == "~/models")
  }
}
