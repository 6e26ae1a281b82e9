// SPDX-License-Identifier: Apache-2.0

// Listen on every address of localhost, and serve connections side by side.

import FairDial
import NIOCore

func serve() async throws {
    let accepted = try await Listener.accept(host: "localhost", port: 0) { channel in
        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
    }
    print(accepted.listener.endpoints)  // one port, on 127.0.0.1 and ::1
    await withDiscardingTaskGroup { group in
        for await connection in accepted {
            group.addTask {
                // One peer's error ends its own connection only.
                try? await connection.executeThenClose { inbound, outbound in
                    for try await bytes in inbound { try await outbound.write(bytes) }
                }
            }
        }
    }
}
