// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// The foul side: stock SwiftNIO. Its connect timer runs from the call on, the queue and the lookup included.
package struct StockFeedDialer: FeedDialer {
    private let stock: StockBootstrap

    package init(_ stock: StockBootstrap) {
        self.stock = stock
    }

    package func dial(_ address: FeedAddress) async -> FeedDial {
        guard !address.isSecure else { return FeedDial(.failure(FetchError.noTLS)) }
        do {
            return FeedDial(.success(try await stock.connect(to: address.host, port: address.port).get()))
        } catch {
            return FeedDial(.failure(error))
        }
    }
}
