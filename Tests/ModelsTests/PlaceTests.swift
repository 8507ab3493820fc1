import Glibc
import Simulator
import TestSupport
import Testing

@testable import Models

/// The place that a user names for models, and who else may have a hand in it.
@Suite(.timeLimit(.minutes(6)))
struct PlaceTests {
  enum Link: CaseIterable { case last, above, both }

  @Test(arguments: Link.allCases) func `the user's own path may be made of links`(_ link: Link) async throws {
    try await withModels { kit in
      let real = kit.scratch.path + "/disk"
      try #require(mkdir(real, 0o755) == 0 && mkdir(real + "/deep", 0o755) == 0)
      let (above, last) = (kit.scratch.path + "/above", kit.scratch.path + "/last")
      try #require(symlink("disk", above) == 0 && symlink("above/deep", last) == 0)
      let directory =
        switch link {
        case .last: kit.directory
        case .above: above + "/models"
        case .both: last
        }
      if link == .last { try #require(symlink("disk", kit.directory) == 0) }
      let model = try await kit.download(to: directory)
      #expect(model.path == "\(directory)/\(ModelsKit.run)")
      #expect(ModelFolder.isComplete(model.path))
      #expect(try await kit.download(to: directory).wasThere)
      var status = stat()
      #expect(lstat(directory, &status) == 0)
      #expect((status.st_mode & S_IFMT == S_IFLNK) == (link != .above), "the link stays")
    }
  }

  @Test func `a link that leads nowhere is said, and so is a file in the way`() async throws {
    try await withModels { kit in
      try #require(symlink("nowhere", kit.directory) == 0)
      guard case .disk(kit.directory, ENOENT) = await kit.failure() else { return #expect(Bool(false), "a dead link") }
      try #require(unlink(kit.directory) == 0)
      close(open(kit.directory, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
      guard case .disk(kit.directory, ENOTDIR) = await kit.failure() else { return #expect(Bool(false), "a file") }
    }
  }

  @Test(arguments: [0o770, 0o707, 0o1777] as [mode_t])
  func `a work folder that others may write to is not used, and what is in it stays`(_ mode: mode_t) async throws {
    try await withModels { kit in
      let work = WorkFolder.path(of: ModelsKit.run, nil, in: kit.directory)
      try #require(mkdir(kit.directory, 0o777) == 0 && mkdir(work, 0o700) == 0 && chmod(work, mode) == 0)
      close(open(work + "/archive.part", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
      guard case .foreign(work, let what) = await kit.failure() else { return #expect(Bool(false), "it was used") }
      #expect(what == "may be written to by others")
      #expect(kit.entries == [".run_a.vi-notify"])
      #expect(access(work + "/archive.part", F_OK) == 0)
      #expect(kit.fileRequests.isEmpty)
      try #require(chmod(work, 0o700) == 0)
      #expect(try await kit.download().path == kit.folder)
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a folder away"))
  func `a work folder of another user is not used, whoever we are`() async throws {
    try await withModels { kit in
      let work = WorkFolder.path(of: ModelsKit.run, nil, in: kit.directory)
      try #require(mkdir(kit.directory, 0o777) == 0 && mkdir(work, 0o700) == 0 && chown(work, 65_534, 65_534) == 0)
      let failure = await kit.failure()
      guard case .foreign(work, let what) = failure else { return #expect(Bool(false), "it was used") }
      #expect(what == "belongs to user 65534")
      #expect(failure?.isTemporary == false)
    }
  }

  @Test func `whose a folder is, is told by its owner and its permissions`() {
    func fault(_ user: uid_t, _ mode: mode_t) -> String? {
      var status = stat()
      (status.st_uid, status.st_mode) = (user, S_IFDIR | mode)
      return FolderOwner(status).fault(for: 1_000)
    }
    #expect(fault(1_000, 0o700) == nil)
    #expect(fault(1_000, 0o755) == nil)
    #expect(fault(1_000, 0o775) == "may be written to by others")
    #expect(fault(1_000, 0o702) == "may be written to by others")
    #expect(fault(0, 0o700) == "belongs to user 0")
  }
}
