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

let nio: [Target.Dependency] = [
    .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
    name: "MongoDriver",
    // UInt128 and Synchronization ask for these; the package has not been built on Darwin yet.
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "BSON", targets: ["BSON"]),
        .library(name: "ConnectionStrings", targets: ["ConnectionStrings"]),
        // It brings the modules of its own signatures.
        .library(name: "MongoClient", targets: ["MongoClient", "BSON", "ConnectionStrings"]),
    ],
    dependencies: [
        .package(name: "FairDial", path: "../.."),
        .package(name: "FairDialTLS", path: "../../Integrations/TLS"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "3.12.3"),
    ],
    targets: [
        .target(name: "BSON", swiftSettings: strict),
        .target(name: "ConnectionStrings", swiftSettings: strict),
        .target(
            name: "MongoClient",
            dependencies: [
                "BSON", "ConnectionStrings",
                .product(name: "FairDial", package: "FairDial"),
                .product(name: "FairPool", package: "FairDial"),
                .product(name: "FairDialTLS", package: "FairDialTLS"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
            ] + nio,
            swiftSettings: strict
        ),
        .executableTarget(
            name: "BSONBenchmark",
            dependencies: ["BSON"],
            path: "Benchmarks/BSONBenchmark",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "WireBenchmark",
            dependencies: ["ConnectionStrings", "MongoClient"],
            path: "Benchmarks/WireBenchmark",
            swiftSettings: strict
        ),
        .testTarget(name: "BSONTests", dependencies: ["BSON"], swiftSettings: strict),
        .testTarget(name: "ConnectionStringsTests", dependencies: ["ConnectionStrings"], swiftSettings: strict),
        .testTarget(
            name: "MongoClientTests",
            dependencies: [
                "MongoClient", "BSON", "ConnectionStrings",
                .product(name: "FairDial", package: "FairDial"),
                .product(name: "FairPool", package: "FairDial"),
                .product(name: "FairDialTestKit", package: "FairDial"),
                .product(name: "FairDialTLS", package: "FairDialTLS"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio,
            swiftSettings: strict
        ),
    ]
)
