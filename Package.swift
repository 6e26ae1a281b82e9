// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Since when what is marked `@available(FairDial 0.1, *)` works on Darwin; Linux does not look at it.
let availability = SwiftSetting.enableExperimentalFeature(
    "AvailabilityMacro=FairDial 0.1: macOS 15, iOS 18, tvOS 18, watchOS 11, visionOS 2"
)

/// Every target of ours: existentials are spelled, imports are internal, members need their own import, and a warning
/// is an error. On Darwin each declaration says since when it works, so that no dependent has to raise its own
/// deployment target; that part is unproven: the package has not been built on Darwin yet.
let strict: [SwiftSetting] = [
    availability,
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

/// The modules in the signatures of a resolver, and of a dialer.
let resolving = ["DNSResolution", "NameResolution", "DNSMessages", "GetAddrInfo", "IPAddresses"]
let dialing = ["FairDial", "SystemResolution"] + resolving

let package = Package(
    name: "FairDial",
    products: [
        // A product brings every module whose types its user meets.
        .library(name: "FairDial", targets: dialing),
        .library(name: "IPAddresses", targets: ["IPAddresses"]),
        .library(name: "GetAddrInfo", targets: ["GetAddrInfo", "IPAddresses"]),
        .library(name: "DNSMessages", targets: ["DNSMessages", "IPAddresses"]),
        .library(name: "DNSResolution", targets: resolving),
        .library(name: "DNSOverTLS", targets: ["DNSOverTLS"] + resolving),
        .library(name: "FairPool", targets: ["FairPool"] + dialing),
        .library(name: "FairDialDoor", targets: ["FairDialDoor"] + dialing),
        .library(
            name: "FairDialObservability",
            targets: ["FairDialObservability", "FairPool", "FairDialDoor"] + dialing
        ),
        .library(name: "FairDialTestKit", targets: ["FairDialTestKit"] + dialing),
    ],
    // What FairDialObservability needs and a dependent may not want to fetch: `traits: []` leaves both out.
    traits: [
        .trait(name: "Configuration", description: "A dialer's configuration from swift-configuration."),
        .trait(name: "ServiceLifecycle", description: "StuckLookups and doors as services of swift-service-lifecycle."),
        .default(enabledTraits: ["Configuration", "ServiceLifecycle"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The modules, lowest first; an import may only point upwards in this list.
        .target(name: "CAddressText"),
        .target(name: "CSockets"),
        // For the demonstration and the tests; no library links it.
        .target(name: "CNamespaces"),
        .target(name: "IPAddresses", dependencies: ["CAddressText"]),
        .target(name: "GetAddrInfo", dependencies: ["IPAddresses", "CSockets"]),
        .target(name: "DNSMessages", dependencies: ["IPAddresses"]),
        .target(name: "SystemSupport", dependencies: ["CSockets", "IPAddresses", locks]),
        .target(
            name: "NameResolution",
            dependencies: [
                "CSockets", "IPAddresses", "SystemSupport", "GetAddrInfo", "DNSMessages", locks,
                .product(name: "DequeModule", package: "swift-collections"),
            ]
        ),
        .target(
            name: "SystemResolution",
            dependencies: [
                "CSockets", "IPAddresses", "SystemSupport", "GetAddrInfo", "NameResolution", locks,
                .product(name: "DequeModule", package: "swift-collections"),
            ]
        ),
        .target(
            name: "DNSResolution",
            dependencies: [
                "CSockets", "IPAddresses", "SystemSupport", "GetAddrInfo", "DNSMessages", "NameResolution",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ] + nio
        ),
        // The only target that builds a TLS library: nobody has to who does not want one.
        .target(
            name: "DNSOverTLS",
            dependencies: [
                "DNSResolution", "IPAddresses", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),
        .target(
            name: "FairDial",
            dependencies: [
                "CSockets", "IPAddresses", "SystemSupport", "GetAddrInfo", "DNSMessages", "NameResolution",
                "SystemResolution", "DNSResolution", .product(name: "DequeModule", package: "swift-collections"),
            ] + nio
        ),
        // Connections that are used again and again, for drivers and clients.
        .target(
            name: "FairPool",
            dependencies: [
                "FairDial", "IPAddresses", "NameResolution", "SystemSupport",
                .product(name: "DequeModule", package: "swift-collections"),
            ] + nio
        ),
        // For clients without a hook: they connect to it, and it dials for them.
        .target(
            name: "FairDialDoor",
            dependencies: ["CSockets", "FairDial", "IPAddresses", "SystemSupport"] + nio
        ),
        // Logs, metrics and traces; nothing else depends on their packages.
        .target(
            name: "FairDialObservability",
            dependencies: [
                "FairDial", "FairPool", "FairDialDoor", "GetAddrInfo", "IPAddresses", "NameResolution", locks,
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(
                    name: "Configuration",
                    package: "swift-configuration",
                    condition: .when(traits: ["Configuration"])
                ),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])
                ),
            ]
        ),
        .target(
            name: "FairDialTestKit",
            dependencies: [
                "FairDial", "DNSMessages", "IPAddresses", "SystemSupport", "NameResolution",
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio
        ),
        // Random runs of the whole stack on a simulated network and clock, each from a seed.
        .target(
            name: "FairDialSimulation",
            dependencies: [
                "FairDial", "FairPool", "FairDialTestKit", "DNSMessages", "DNSResolution", "IPAddresses",
                "NameResolution", "SystemResolution",
                .product(name: "HeapModule", package: "swift-collections"),
            ] + nio
        ),
        // What every command needs: standard streams, colours, JSON lines, and how a dial's result is printed.
        .target(
            name: "FairDialConsole",
            dependencies: ["FairDial", "IPAddresses", "NameResolution"]
        ),

        // What tests of several modules need: folders, waits with an end.
        .target(name: "TestHelpers", dependencies: [locks], path: "Tests/TestHelpers"),
        .testTarget(
            name: "IPAddressesTests",
            dependencies: ["IPAddresses", "FairDialTestKit"]
        ),
        // Asks us and the C library the same; a target of its own, so that a command can ask in other networks too.
        .target(
            name: "AddressInfoOracle",
            dependencies: ["GetAddrInfo", "FairDialTestKit"],
            path: "Tests/AddressInfoOracle"
        ),
        // Looks many names up at once, each as a process of its own would, for comparison with the C library.
        .executableTarget(
            name: "lookups",
            dependencies: ["FairDial", "DNSResolution", "NameResolution", "IPAddresses", locks],
            path: "Tests/LookupsCommand"
        ),
        .testTarget(
            name: "GetAddrInfoTests",
            dependencies: ["GetAddrInfo", "IPAddresses", "NameResolution", "AddressInfoOracle", "FairDialTestKit"]
        ),
        .testTarget(
            name: "DNSMessagesTests",
            dependencies: ["DNSMessages", "IPAddresses", "FairDialTestKit"]
        ),
        .testTarget(
            name: "SystemSupportTests",
            dependencies: ["SystemSupport", "TestHelpers", locks]
        ),
        .testTarget(
            name: "NameResolutionTests",
            dependencies: [
                "NameResolution", "SystemSupport", "FairDialTestKit", "TestHelpers", "CNamespaces", "DNSMessages",
                "GetAddrInfo", "IPAddresses", locks,
            ]
        ),
        .testTarget(
            name: "SystemResolutionTests",
            dependencies: [
                "SystemResolution", "SystemSupport", "NameResolution", "IPAddresses", "GetAddrInfo", "FairDialTestKit",
                "TestHelpers", locks,
            ]
        ),
        .testTarget(
            name: "DNSResolutionTests",
            dependencies: [
                "DNSResolution", "DNSOverTLS", "DNSMessages", "NameResolution", "IPAddresses", "SystemSupport",
                "FairDialTestKit", "FairDial", "TestHelpers", .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio
        ),
        .testTarget(
            name: "FairDialTests",
            dependencies: [
                "FairDial", "FairDialTestKit", "FairDialSimulation", "TestHelpers", "DNSMessages", "IPAddresses",
                "SystemSupport", "GetAddrInfo", "NameResolution", "SystemResolution", "DNSResolution",
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio
        ),
        .testTarget(
            name: "FairPoolTests",
            dependencies: [
                "FairPool", "FairDial", "FairDialTestKit", "FairDialSimulation", "IPAddresses", "NameResolution",
                "SystemSupport",
            ] + nio
        ),
        .testTarget(
            name: "FairDialDoorTests",
            dependencies: [
                "FairDialDoor", "FairDial", "FairDialTestKit", "TestHelpers", "IPAddresses", "NameResolution",
                "DNSResolution", .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio
        ),
        .testTarget(
            name: "FairDialObservabilityTests",
            dependencies: [
                "FairDialObservability", "FairDial", "FairPool", "FairDialDoor", "FairDialTestKit", "GetAddrInfo",
                "IPAddresses", "NameResolution", "TestHelpers",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])
                ),
                .product(
                    name: "Configuration",
                    package: "swift-configuration",
                    condition: .when(traits: ["Configuration"])
                ),
            ] + nio
        ),
        .testTarget(
            name: "FairDialTestKitTests",
            dependencies: [
                "FairDial", "FairDialTestKit", "DNSMessages", "DNSResolution", "IPAddresses", "NameResolution",
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio
        ),
    ],
    swiftLanguageModes: [.v6]
)

/// Whether another package has fetched this one: SwiftPM keeps what it fetches in `checkouts`, beside a list of it.
let isFetched: Bool = {
    // While it decides on versions, the manifest is read out of the repository, and the folder is none of ours.
    guard access(Context.packageDirectory + "/Package.swift", F_OK) == 0 else { return true }
    let folders = Context.packageDirectory.split(separator: "/")
    // A registry's: registry/downloads/SCOPE/NAME/VERSION.
    if folders.dropLast(3).suffix(2).elementsEqual(["registry", "downloads"]) { return true }
    // As text: the folder may be a link to another place, and ".." would lead from there.
    guard folders.dropLast().last == "checkouts" else { return false }
    return access("/" + folders.dropLast(2).joined(separator: "/") + "/workspace-state.json", F_OK) == 0
}()

// The tool, and what needs the tool. A package that has fetched this one builds none of it, and is spared
// swift-argument-parser: SwiftPM compiles its plugins anew in every build of a package that has it anywhere below, some
// 5 s each time (docs/decisions/0029).
if !isFetched {
    let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
    package.dependencies.append(.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"))
    package.products.append(.executable(name: "fairdial", targets: ["FairDialCommand"]))
    package.targets += [
        .target(
            name: "FairDialRally",
            dependencies: [
                "FairDial", "FairDialConsole", "FairDialTestKit", "CNamespaces", "IPAddresses", "GetAddrInfo",
                "NameResolution", "SystemResolution", arguments, .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio
        ),
        .executableTarget(
            name: "FairDialCommand",
            dependencies: [
                "FairDial", "FairDialConsole", "FairDialRally", "FairDialSimulation", "CSockets", "IPAddresses",
                "GetAddrInfo", "DNSMessages", "NameResolution", "SystemResolution", "DNSResolution", "DNSOverTLS",
                arguments,
            ] + nio
        ),
        .executableTarget(
            name: "oracle",
            dependencies: [
                "AddressInfoOracle", "FairDialTestKit", "GetAddrInfo", "NameResolution", "CNamespaces", arguments,
            ],
            path: "Tests/OracleCommand"
        ),
        .testTarget(
            name: "FairDialCommandTests",
            dependencies: [
                "FairDialCommand", "FairDial", "FairDialConsole", "FairDialTestKit", "TestHelpers", "GetAddrInfo",
                "IPAddresses", "NameResolution", arguments,
            ] + nio
        ),
        // These run the built command; nothing of it is imported.
        .testTarget(
            name: "ScenarioTests",
            dependencies: ["FairDialCommand", "oracle", "lookups", "TestHelpers"]
        ),
    ]
}

// In one place, so that no target can be without them; those in C do not look at them.
for target in package.targets { target.swiftSettings = strict }

/// Whether a variable of the environment asks for targets that only the maintainers build.
func isWanted(_ variable: String) -> Bool { getenv(variable).map { String(cString: $0) == "1" } ?? false }

// Beside the modules, so that they see what is `package`; `Benchmarks/…` and `Fuzz/run` set the variables.
if isWanted("FAIRDIAL_BENCHMARKS") {
    func benchmark(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        .executableTarget(name: name, dependencies: dependencies, path: "Benchmarks/Sources/\(name)")
    }
    package.targets += [
        .target(name: "CAllocations", path: "Benchmarks/Sources/CAllocations"),
        benchmark("AdoptRate", ["FairDial"] + nio),
        benchmark(
            "DialRate",
            [
                "FairDial", "FairDialObservability", "IPAddresses", "NameResolution",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ] + nio
        ),
        benchmark("DoorRate", ["FairDial", "FairDialDoor"] + nio),
        benchmark("LookupRate", ["DNSResolution", "NameResolution", "IPAddresses", locks]),
        benchmark(
            "PoolRate",
            ["FairDial", "FairPool", .product(name: "DequeModule", package: "swift-collections")] + nio
        ),
        benchmark("LiteralRate", ["CAllocations", "GetAddrInfo", "IPAddresses"]),
    ]
}
if isWanted("FAIRDIAL_FUZZ") {
    func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        // The two that are copies say since when they work on Darwin.
        .executableTarget(
            name: name,
            dependencies: dependencies,
            path: "Fuzz/Sources/\(name)",
            swiftSettings: [availability]
        )
    }
    package.targets += [
        fuzzer("FuzzAddressInfo", ["GetAddrInfo", "IPAddresses"]),
        fuzzer("FuzzMessages", ["DNSMessages"]),
        fuzzer("FuzzHosts", ["NameResolution", "IPAddresses"]),
        fuzzer("FuzzResolvConf", ["NameResolution"]),
        fuzzer("FuzzNameServices", ["NameResolution"]),
        fuzzer("FuzzServices", ["GetAddrInfo"]),
        fuzzer("FuzzTargets", ["FairDial"]),
        fuzzer("FuzzStreams", ["DNSResolution", .product(name: "NIOEmbedded", package: "swift-nio")] + nio),
        // What it fuzzes are two files that need no TLS library: copies, which a test compares with the originals.
        fuzzer("FuzzCertificates", []),
    ]
}
