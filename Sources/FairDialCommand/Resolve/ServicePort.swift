// SPDX-License-Identifier: Apache-2.0

import Foundation
import GetAddrInfo
import IPAddresses

/// A service as the C library reads it: decimal digits, or a name from the services file.
enum ServicePort {
    /// The stream port of a service; 0 for none. A name costs a look into the services file.
    static func read(_ service: String?) -> Result<UInt16, AddressInfoError> {
        guard let service else { return .success(0) }
        let question = AddressInfoQuestion(
            host: "127.0.0.1",
            service: service,
            family: AF_INET,
            socketType: SocketConstants.stream
        )
        return AddressInfoCall.getaddrinfo(question).flatMap { infos in
            infos.first.map { .success($0.endpoint.port) } ?? .failure(.service)
        }
    }
}
