// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// A package of its own: it is built with sanitizers that nobody else wants. `Fuzz/run` builds and runs it.
let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "FairDial", path: "..")],
    targets: [
        .executableTarget(
            name: "FuzzAddressInfo",
            dependencies: [
                .product(name: "GetAddrInfo", package: "FairDial"), .product(name: "IPAddresses", package: "FairDial"),
            ]
        ),
        .executableTarget(
            name: "FuzzMessages",
            dependencies: [.product(name: "DNSMessages", package: "FairDial")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
