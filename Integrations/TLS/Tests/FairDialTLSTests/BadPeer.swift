// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOSSL

@testable import FairDialTLS

/// Servers with which no handshake succeeds.
enum BadPeer: String, CaseIterable {
    case anotherName, expired, selfSigned, inTheClear, leaves, mute

    var behaviour: TLSServer.Behaviour {
        switch self {
        case .anotherName: .honest(Identity.other)
        case .expired: .honest(Identity.expired)
        case .selfSigned: .honest(Identity.good)
        case .inTheClear: .plaintext
        case .leaves: .closing
        case .mute: .mute
        }
    }

    /// What a dial fails with.
    var code: DialError.Code { self == .mute ? .handshakeTimeout : .handshakeFailed }

    var options: DialOptions {
        var options = DialOptions()
        options.timeouts.handshake = self == .mute ? .milliseconds(1) : .seconds(5)
        return options
    }

    /// What a client trusts who meets it.
    func tls() throws -> ClientTLS {
        if self == .selfSigned { return try ClientTLS() }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try [Identity.good, Identity.other, Identity.expired].map { try $0.get().certificate }
        )
        return try ClientTLS(configuration)
    }
}
