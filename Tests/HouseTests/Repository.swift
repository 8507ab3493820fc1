import FoundationEssentials

/// The directory in which Package.swift is.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()
