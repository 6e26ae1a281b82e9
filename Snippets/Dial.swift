// SPDX-License-Identifier: Apache-2.0

// Dial a database by name, within two seconds for the connection itself, and see where the time went.

import FairDial
import NIOCore

let dialer = Dialer(timeouts: Timeouts(lookup: .seconds(5), connect: .seconds(2)))
do {
    let database = try await dialer.connect(to: "db.example.org", port: 27017) { channel in
        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
    }
    print(database.report)  // queue 0 s · lookup 12 ms (dns, 10.0.0.53) · connect 3 ms
} catch {
    print(error)  // db.example.org:27017: connectTimeout: no attempt connected within 2 s: …
}
