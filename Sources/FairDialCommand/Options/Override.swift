// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import IPAddresses

/// `HOST=ADDRESS` on the command line.
struct Override: Sendable {
    let host: String
    let address: IPAddress

    init(reading text: String) throws(WrongValue) {
        guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
            throw WrongValue("write a host, = and an address, as in db.test=10.0.0.1")
        }
        do throws(AddressParseError) {
            address = try IPAddress(text[text.index(after: sign)...])
        } catch {
            throw WrongValue("\(error), in what is behind the =: write an address there, as in db.test=10.0.0.1")
        }
        host = String(text[..<sign])
    }
}
