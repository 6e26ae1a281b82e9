// SPDX-License-Identifier: Apache-2.0

// Listen on every address of localhost, and take connections one at a time.

import FairDial
import NIOCore

func serve() async throws {
    let accepted = try await Listener.accept(host: "localhost", port: 0) { channel in
        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
    }
    print(accepted.listener.endpoints)  // one port, on 127.0.0.1 and ::1
    for await connection in accepted {
        try await connection.executeThenClose { inbound, outbound in
            for try await bytes in inbound { try await outbound.write(bytes) }
        }
    }
}
