// SPDX-License-Identifier: Apache-2.0

import Foundation
import GetAddrInfo
import IPAddresses

/// A service as the C library reads it: decimal digits, or a name from the services file.
enum ServicePort {
    /// Whether a service is a number, as the C library reads one, and no port: `getaddrinfo` takes 99999 for the port
    /// 34463 (modulo 65536), which nobody can have meant.
    static func isNumberWithoutPort(_ service: String) -> Bool {
        let number = service.utf8.drop { $0 == 0x20 || 0x09...0x0D ~= $0 }
        let digits = (number.first == UInt8(ascii: "+") ? number.dropFirst() : number).drop { $0 == UInt8(ascii: "0") }
        guard !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return false }
        return UInt16(Substring(digits)) == nil
    }

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
