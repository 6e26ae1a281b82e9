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
    name: "Feeds",
    // As the driver that it uses; it has not been built on Darwin yet.
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    dependencies: [
        .package(name: "FairDial", path: "../.."),
        .package(path: "../../Integrations/TLS"),
        .package(path: "../../Drivers/Mongo"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/CoreOffice/XMLCoder", from: "0.18.2"),
    ],
    targets: [
        // A network of the program's own, with slow names: Swift's C library module hides the two calls.
        .target(name: "CSandbox"),
        .target(
            name: "FeedStory",
            dependencies: [
                "CSandbox",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "BSON", package: "Mongo"),
                .product(name: "ConnectionStrings", package: "Mongo"),
                .product(name: "FairDial", package: "FairDial"),
                .product(name: "FairDialTestKit", package: "FairDial"),
                .product(name: "FairDialTLS", package: "TLS"),
                .product(name: "FairPool", package: "FairDial"),
                .product(name: "MongoClient", package: "Mongo"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "XMLCoder", package: "XMLCoder"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "feeds",
            dependencies: [
                "FeedStory",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FeedStoryTests",
            dependencies: [
                "FeedStory",
                .product(name: "BSON", package: "Mongo"),
                .product(name: "FairDial", package: "FairDial"),
                .product(name: "FairDialTestKit", package: "FairDial"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
    ]
)
