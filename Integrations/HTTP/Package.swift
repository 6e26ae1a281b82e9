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
    name: "FairDialHTTP",
    products: [
        .library(name: "FairDialHTTP", targets: ["FairDialHTTP"])
    ],
    dependencies: [
        .package(name: "FairDial", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.40.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .target(
            name: "FairDialHTTP",
            dependencies: [
                .product(name: "FairDial", package: "FairDial"),
                .product(name: "FairDialDoor", package: "FairDial"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FairDialHTTPTests",
            dependencies: [
                "FairDialHTTP",
                .product(name: "FairDial", package: "FairDial"),
                .product(name: "FairDialDoor", package: "FairDial"),
                .product(name: "FairDialTestKit", package: "FairDial"),
                .product(name: "IPAddresses", package: "FairDial"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
    ]
)

// What `Benchmarks/clients` runs, which sets the variable.
if Context.environment["FAIRDIAL_BENCHMARKS"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "HTTPReach",
            dependencies: [
                "FairDialHTTP",
                .product(name: "FairDial", package: "FairDial"),
                .product(name: "FairDialDoor", package: "FairDial"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Benchmarks/HTTPReach"
        )
    )
}
