// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// A package of its own, so that nobody who wants a dialer builds what it is measured against.
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "FairDial", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .executableTarget(
            name: "DialRate",
            dependencies: [.product(name: "FairDial", package: "FairDial")] + nio
        ),
        .executableTarget(
            name: "LookupRate",
            dependencies: [
                .product(name: "DNSResolution", package: "FairDial"), .product(name: "FairDial", package: "FairDial"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]
        ),
        .target(name: "CAllocations"),
        .executableTarget(
            name: "LiteralRate",
            dependencies: [
                "CAllocations", .product(name: "GetAddrInfo", package: "FairDial"),
                .product(name: "IPAddresses", package: "FairDial"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
