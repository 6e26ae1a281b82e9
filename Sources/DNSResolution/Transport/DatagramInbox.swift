// SPDX-License-Identifier: Apache-2.0

import CSockets

/// Room for what sockets have received, several messages a system call, and what has been read from it.
@available(FairDial 0.1, *)
struct DatagramInbox: ~Copyable {
    /// The largest that can come.
    private static let room = 65_536
    private static let places = Int(FAIRDIAL_MOST_DATAGRAMS)
    /// How much of the list's capacity is kept from one time to the next.
    private static let roomToKeep = 1_024

    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room * places, alignment: 16)
    private let lengths = UnsafeMutableBufferPointer<Int>.allocate(capacity: places)

    /// What has come, and the port it has come on.
    private(set) var events: [(port: QueryClient.Carrier, event: DatagramEvent)] = []

    deinit {
        buffer.deallocate()
        lengths.deallocate()
    }

    /// Reads what a socket has, up to `most` messages: no socket may keep the others waiting.
    ///
    /// - Returns: whether there was no more.
    mutating func read(_ descriptor: CInt, of port: QueryClient.Carrier, most: Int) -> Bool {
        var left = most
        while left > 0 {
            let wanted = min(left, Self.places)
            let count = Int(
                fairdial_receive(descriptor, buffer.baseAddress, Self.room, lengths.baseAddress, CInt(wanted))
            )
            if count < 0 {
                events.append((port, .failed(Int32(-count))))
                return true
            }
            for index in 0..<count {
                let start = index * Self.room
                events.append((port, .message(Array(buffer[start..<start + lengths[index]]))))
            }
            if count < wanted { return true }
            left -= count
        }
        return false
    }

    mutating func removeAll() {
        events.removeAll(keepingCapacity: events.capacity <= Self.roomToKeep)
    }
}
