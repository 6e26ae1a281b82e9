// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import Foundation
import GetAddrInfo
import IPAddresses

/// One entry of `getaddrinfo`'s answer as JSON: the platform's own constants, the zone as `scope_id`.
enum AddressInfoLine {
    static func json(_ info: AddressInfo, canonicalName: String? = nil) -> JSONLine {
        let address: String
        let family: Int32
        var scope = 0
        switch info.endpoint.address {
        case .v4(let bits):
            address = "\(bits)"
            family = AF_INET
        case .v6(let bits, let zone):
            address = "\(bits)"
            family = AF_INET6
            if case .index(let index) = zone { scope = Int(index) }
        }
        return .object([
            ("family", .integer(Int(family))),
            ("socktype", .integer(Int(info.socketType))),
            ("protocol", .integer(Int(info.protocolNumber))),
            ("address", .text(address)),
            ("port", .integer(Int(info.endpoint.port))),
            ("flowinfo", .integer(Int(info.flowInfo))),
            ("scope_id", .integer(scope)),
            ("canonname", .optional(canonicalName)),
        ])
    }
}
