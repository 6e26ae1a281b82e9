// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// Every target of ours: existentials are spelled, imports are internal, members need their own import, and a warning
/// is an error.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let locks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOTLS", package: "swift-nio"),
    locks,
]

let package = Package(
    name: "FairDial",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        // One product brings every module whose types a dialer's user meets.
        .library(
            name: "FairDial",
            targets: [
                "FairDial", "ConnectionRacing", "SystemResolution", "DNSResolution", "NameResolution", "DNSMessages",
                "GetAddrInfo", "IPAddresses",
            ]
        ),
        .library(name: "IPAddresses", targets: ["IPAddresses"]),
        .library(name: "GetAddrInfo", targets: ["GetAddrInfo"]),
        .library(name: "DNSMessages", targets: ["DNSMessages"]),
        .library(name: "DNSResolution", targets: ["DNSResolution"]),
        .library(name: "DNSOverTLS", targets: ["DNSOverTLS"]),
        .library(name: "FairDialTestKit", targets: ["FairDialTestKit"]),
        .executable(name: "fairdial", targets: ["FairDialCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // The modules, lowest first; an import may only point upwards in this list.
        .target(name: "CFairDial"),
        .target(name: "IPAddresses", dependencies: ["CFairDial"], swiftSettings: strict),
        .target(name: "GetAddrInfo", dependencies: ["IPAddresses", "CFairDial"], swiftSettings: strict),
        .target(name: "DNSMessages", dependencies: ["IPAddresses"], swiftSettings: strict),
        .target(
            name: "NameResolution",
            dependencies: [
                "CFairDial", "IPAddresses", "GetAddrInfo", "DNSMessages", locks,
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SystemResolution",
            dependencies: [
                "CFairDial", "IPAddresses", "GetAddrInfo", "NameResolution", locks,
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "DNSResolution",
            dependencies: [
                "CFairDial", "IPAddresses", "GetAddrInfo", "DNSMessages", "NameResolution",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ] + nio,
            swiftSettings: strict
        ),
        // The only target that builds a TLS library: nobody has to who does not want one.
        .target(
            name: "DNSOverTLS",
            dependencies: [
                "DNSResolution", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .target(name: "ConnectionRacing", dependencies: ["IPAddresses"], swiftSettings: strict),
        .target(
            name: "FairDial",
            dependencies: [
                "CFairDial", "IPAddresses", "GetAddrInfo", "DNSMessages", "NameResolution", "SystemResolution",
                "DNSResolution", "ConnectionRacing",
            ] + nio,
            swiftSettings: strict
        ),
        .target(
            name: "FairDialTestKit",
            dependencies: [
                "FairDial", "DNSMessages", "DNSResolution", "IPAddresses", "NameResolution", "SystemResolution",
                "ConnectionRacing",
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            swiftSettings: strict
        ),
        .executableTarget(
            name: "FairDialCommand",
            dependencies: [
                "FairDial", "FairDialTestKit", "CFairDial", "IPAddresses", "GetAddrInfo", "DNSMessages",
                "NameResolution",
                "SystemResolution", "DNSResolution", "DNSOverTLS",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio,
            swiftSettings: strict
        ),

        .testTarget(name: "IPAddressesTests", dependencies: ["IPAddresses"], swiftSettings: strict),
        // Asks us and the C library the same; a target of its own, so that a command can ask in other networks too.
        .target(
            name: "AddressInfoJudge",
            dependencies: ["GetAddrInfo"],
            path: "Tests/AddressInfoJudge",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "judge",
            dependencies: [
                "AddressInfoJudge", "GetAddrInfo", "NameResolution", "CFairDial",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/JudgeCommand",
            swiftSettings: strict
        ),
        // Looks many names up at once, each as a process of its own would, for comparison with the C library.
        .executableTarget(
            name: "lookups",
            dependencies: ["FairDial", "DNSResolution", "NameResolution", "IPAddresses", locks],
            path: "Tests/LookupsCommand",
            swiftSettings: strict
        ),
        .testTarget(
            name: "GetAddrInfoTests",
            dependencies: ["GetAddrInfo", "IPAddresses", "NameResolution", "AddressInfoJudge"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DNSMessagesTests",
            dependencies: ["DNSMessages", "IPAddresses", "FairDialTestKit"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "NameResolutionTests",
            dependencies: [
                "NameResolution", "FairDialTestKit", "CFairDial", "DNSMessages", "GetAddrInfo", "IPAddresses", locks,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SystemResolutionTests",
            dependencies: [
                "SystemResolution", "NameResolution", "IPAddresses", "GetAddrInfo", "FairDialTestKit", locks,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DNSResolutionTests",
            dependencies: [
                "DNSResolution", "DNSOverTLS", "DNSMessages", "NameResolution", "IPAddresses", "FairDialTestKit",
                "FairDial",
            ] + nio,
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConnectionRacingTests",
            dependencies: ["ConnectionRacing", "FairDialTestKit", "IPAddresses"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FairDialTests",
            dependencies: [
                "FairDial", "FairDialTestKit", "DNSMessages", "IPAddresses", "GetAddrInfo", "NameResolution",
                "SystemResolution", "DNSResolution", "ConnectionRacing",
            ] + nio,
            swiftSettings: strict
        ),
        .testTarget(
            name: "FairDialCommandTests",
            dependencies: [
                "FairDialCommand", "FairDialTestKit", "GetAddrInfo", "IPAddresses", "NameResolution",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + nio,
            swiftSettings: strict
        ),
        // These run the built command; nothing of it is imported.
        .testTarget(
            name: "ScenarioTests",
            dependencies: ["FairDialCommand", "judge", "lookups"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
