// swift-tools-version: 6.2
import PackageDescription

// Order: settings, the executables, then the rooms from the top of the house to its foundation. A room imports only
// rooms that stand below it in this file; `Tests/HouseTests` reads every `import` and holds it against this order.

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
  name: "vi-notify",
  products: [.executable(name: "vi-notify", targets: ["vi-notify"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    .executableTarget(
      name: "vi-notify",
      dependencies: [
        "Daemon", "StatusPort", "Simulator", "Watching", "Delivery", "Stores", "Storage", "Models", "ViAPI", "Rules",
        "Runs", "Transport", "Secrets", "JSONSource", "Locking", "WireTime", argumentParser, logging,
      ],
      swiftSettings: strict, plugins: ["CommitStamp"]),
    .executableTarget(
      name: "vi-notify-bench",
      dependencies: [
        "Simulator", "Watching", "Delivery", "Hooks", "Stores", "Storage", "Models", "ViAPI", "Rules", "EventPatterns",
        "Runs", "Transport", "Secrets", "JSONSource", "Locking", "Telemetry", "CCurl", "CPostgres", "CProcess",
        "TestSupport", grdb, grdbSQLite, logging,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "vi-notify-fuzz",
      dependencies: ["Storage", "Rules", "Runs", "Transport", "Secrets", "JSONSource", "WireTime"],
      swiftSettings: strict),
    .target(
      name: "Daemon",
      dependencies: [
        "StatusPort", "HTTPServing", "Watching", "Delivery", "Hooks", "Stores", "Storage", "Models", "ViAPI", "Rules",
        "Tracing", "Runs", "Transport",
        "Secrets", "HTTPSyntax", "JSONSource", "Locking", "Telemetry", logging, serviceLifecycle, unixSignals,
      ],
      swiftSettings: strict),
    .target(
      name: "StatusPort",
      dependencies: [
        "HTTPServing", "Storage", "Telemetry", "Runs", "JSONSource", "Notation", "Locking", crypto,
      ],
      swiftSettings: strict),
    .target(name: "HTTPServing", dependencies: ["Runs", "Locking", flyingSocks], swiftSettings: strict),
    .target(
      name: "Simulator",
      dependencies: ["JSONSource", "Locking", "CDisk", flyingFox, flyingSocks],
      swiftSettings: strict),
    .target(
      name: "Watching",
      dependencies: [
        "Rules", "Runs", "Storage", "ViAPI", "Transport", "Secrets", "JSONSource", "Locking", "WireTime",
        "Telemetry", "Tracing", logging,
      ],
      swiftSettings: strict),
    .target(
      name: "Delivery",
      dependencies: [
        "Hooks", "Rules", "Runs", "Storage", "Models", "ViAPI", "Transport", "Secrets", "JSONSource", "Notation",
        "Locking", "HTTPSyntax",
        "WireTime", "Telemetry", "Tracing", crypto, logging,
      ],
      swiftSettings: strict),
    .target(name: "Hooks", dependencies: ["Secrets", "Locking", "CProcess"], swiftSettings: strict),
    .target(name: "Stores", dependencies: ["PostgresStorage", "SQLiteStorage", "Storage"], swiftSettings: strict),
    .target(
      name: "PostgresStorage", dependencies: ["Storage", "Runs", "JSONSource", "Locking", "CPostgres"],
      swiftSettings: strict),
    .target(
      name: "SQLiteStorage", dependencies: ["Storage", "Runs", "JSONSource", "Locking", "CDisk", grdb, grdbSQLite],
      swiftSettings: strict),
    .target(
      name: "Models",
      dependencies: [
        "ViAPI", "Runs", "Transport", "Secrets", "JSONSource", "Notation", "Locking", "WireTime", "CArchive", "CDisk",
        crypto,
      ], swiftSettings: strict),
    .target(
      name: "ViAPI", dependencies: ["Runs", "Transport", "Secrets", "JSONSource", "Notation", "Locking", "WireTime"],
      swiftSettings: strict),
    .target(
      name: "Rules",
      dependencies: [
        "EventPatterns", "TimeZones", "Storage", "Runs", "Secrets", "HTTPSyntax", "JSONSource", "Notation", crypto,
        mustache,
      ],
      swiftSettings: strict),
    .target(
      name: "Tracing",
      dependencies: [
        "Storage", "Telemetry", "Runs", "Transport", "HTTPSyntax", "JSONSource", "Locking", "WireTime", logging,
      ],
      swiftSettings: strict),
    .target(
      name: "Storage", dependencies: ["Runs", "JSONSource", "Notation", "Locking", crypto], swiftSettings: strict),
    .target(name: "EventPatterns", dependencies: ["JSONSource", "Notation"], swiftSettings: strict),
    .target(name: "TimeZones", dependencies: ["Runs"], swiftSettings: strict),
    .target(name: "Telemetry", dependencies: ["Runs", "Locking"], swiftSettings: strict),
    .target(name: "Runs", dependencies: ["JSONSource", "Notation", "WireTime", crypto], swiftSettings: strict),
    .target(
      name: "Transport",
      dependencies: ["HTTPSyntax", "CCurl", "CMosquitto", "CNats", "Locking", "WireTime", "Notation"],
      swiftSettings: strict),
    .target(name: "Secrets", dependencies: ["Locking"], swiftSettings: strict),
    .target(name: "HTTPSyntax", dependencies: ["CCurl"], swiftSettings: strict),
    .target(name: "JSONSource", swiftSettings: strict),
    .target(name: "Notation", swiftSettings: strict),
    .target(name: "Locking", swiftSettings: strict),
    .target(name: "WireTime", swiftSettings: strict),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    // libarchive is loaded when the first archive is opened, not linked: see its header.
    .target(name: "CArchive"),
    // libmosquitto and libnats are loaded when something is first published, not linked: see their headers.
    .target(name: "CMosquitto"),
    .target(name: "CNats"),
    // libpq is loaded when a state in PostgreSQL is first named, not linked: see its header.
    .target(name: "CPostgres"),
    .target(name: "CDisk"),
    .target(name: "CProcess"),
    .plugin(name: "CommitStamp", capability: .buildTool(), path: "Sources/CommitStamp"),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["vi-notify", "TestSupport", "Simulator", "Runs", "JSONSource", "Locking", crypto],
      swiftSettings: strict),
    .testTarget(name: "HouseTests", swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["Storage", "Runs", "JSONSource", "Locking"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "DaemonTests",
      dependencies: [
        "TestSupport", "Daemon", "Simulator", "Rules", "Runs", "Transport", "Secrets", "JSONSource", "Locking",
        "Telemetry", logging, unixSignals,
      ], swiftSettings: strict),
    .testTarget(
      name: "StatusPortTests",
      dependencies: [
        "TestSupport", "StatusPort", "HTTPServing", "Stores", "Storage", "Telemetry", "Runs", "JSONSource", "Locking",
      ], swiftSettings: strict),
    .testTarget(
      name: "HTTPServingTests", dependencies: ["TestSupport", "HTTPServing", "Runs", "Locking"], swiftSettings: strict),
    .testTarget(
      name: "WatchingTests",
      dependencies: [
        "TestSupport", "Watching", "Simulator", "Stores", "Storage", "ViAPI", "Rules", "Runs", "Transport", "Secrets",
        "JSONSource", "Locking", "Telemetry", logging,
      ], swiftSettings: strict),
    .testTarget(
      name: "ModelsTests",
      dependencies: [
        "TestSupport", "Models", "Simulator", "ViAPI", "Runs", "Transport", "Secrets", "JSONSource", "Locking",
        "CArchive", "CDisk", crypto,
      ], swiftSettings: strict),
    .testTarget(
      name: "DeliveryTests",
      dependencies: [
        "TestSupport", "Delivery", "Hooks", "Simulator", "Stores", "Storage", "ViAPI", "Rules", "Runs", "Transport",
        "Secrets",
        "JSONSource", "Locking", "WireTime", "Telemetry", logging,
      ], swiftSettings: strict),
    .testTarget(
      name: "HooksTests", dependencies: ["TestSupport", "Hooks", "Stores", "Storage", "Secrets", "CProcess"],
      swiftSettings: strict),
    .testTarget(
      name: "StorageTests", dependencies: ["TestSupport", "Stores", "Storage", "Runs", "Locking"], swiftSettings: strict
    ),
    .testTarget(
      name: "PostgresStorageTests",
      dependencies: ["TestSupport", "PostgresStorage", "Stores", "Storage", "Runs", "Locking"], swiftSettings: strict),
    .testTarget(
      name: "SQLiteStorageTests",
      dependencies: ["TestSupport", "SQLiteStorage", "Storage", "Runs", "Locking", grdb], swiftSettings: strict),
    .testTarget(
      name: "RulesTests", dependencies: ["Rules", "Storage", "TimeZones", "Runs", "Secrets", "JSONSource", "Locking"],
      swiftSettings: strict),
    .testTarget(
      name: "EventPatternsTests", dependencies: ["TestSupport", "EventPatterns", "JSONSource"], exclude: ["Vectors"],
      swiftSettings: strict),
    .testTarget(
      name: "TimeZonesTests", dependencies: ["TestSupport", "TimeZones", "Runs"], swiftSettings: strict),
    .testTarget(name: "RunsTests", dependencies: ["TestSupport", "Runs", "JSONSource"], swiftSettings: strict),
    .testTarget(
      name: "HTTPSyntaxTests",
      dependencies: ["TestSupport", "Rules", "Secrets", "Transport", "HTTPSyntax", "JSONSource", "CCurl"],
      swiftSettings: strict),
    .testTarget(name: "SecretsTests", dependencies: ["TestSupport", "Secrets"], swiftSettings: strict),
    .testTarget(
      name: "SimulatorTests", dependencies: ["TestSupport", "Simulator", "JSONSource", "Locking", flyingSocks],
      swiftSettings: strict),
    .testTarget(
      name: "TransportTests",
      dependencies: ["TestSupport", "Transport", "HTTPSyntax", "CCurl", "CNats", "Locking", "WireTime", "Notation"],
      swiftSettings: strict),
    .testTarget(
      name: "TracingTests",
      dependencies: [
        "TestSupport", "Tracing", "Simulator", "Stores", "Storage", "Telemetry", "Runs", "Transport", "JSONSource",
        "Locking", logging,
      ], swiftSettings: strict),
    .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", "Runs"], swiftSettings: strict),
    .testTarget(name: "NotationTests", dependencies: ["Notation"], swiftSettings: strict),
    .testTarget(name: "LockingTests", dependencies: ["Locking"], swiftSettings: strict),
    .testTarget(name: "JSONSourceTests", dependencies: ["JSONSource"], swiftSettings: strict),
    .testTarget(
      name: "ViAPITests", dependencies: ["TestSupport", "ViAPI", "Runs", "Transport", "Secrets"], swiftSettings: strict),
    .testTarget(name: "WireTimeTests", dependencies: ["WireTime"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// A sanitizer builds everything anew, and so only what it looks at: names of test targets with spaces between.
if let wanted = Context.environment["VI_NOTIFY_TESTS"]?.split(separator: " ").map(String.init) {
  package.targets.removeAll { $0.type == .test && !wanted.contains($0.name) }
}
