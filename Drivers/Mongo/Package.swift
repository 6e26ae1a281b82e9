// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// As in the package above: warnings are errors, and nothing is imported that is not needed.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "MongoDriver",
    // UInt128 and Synchronization ask for these; the package has not been built on Darwin yet.
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "BSON", targets: ["BSON"]),
        .library(name: "ConnectionStrings", targets: ["ConnectionStrings"]),
    ],
    targets: [
        .target(name: "BSON", swiftSettings: strict),
        .target(name: "ConnectionStrings", swiftSettings: strict),
        .executableTarget(
            name: "BSONBenchmark",
            dependencies: ["BSON"],
            path: "Benchmarks/BSONBenchmark",
            swiftSettings: strict
        ),
        .testTarget(name: "BSONTests", dependencies: ["BSON"], swiftSettings: strict),
        .testTarget(name: "ConnectionStringsTests", dependencies: ["ConnectionStrings"], swiftSettings: strict),
    ]
)
