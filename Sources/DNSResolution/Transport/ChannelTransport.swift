// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// Streams over NIO's channels: plain TCP, or whatever handlers make of it.
@available(FairDial 0.1, *)
package struct ChannelTransport: StreamTransport {
    package let isPrivate: Bool

    /// Made when the first stream is: loops are threads.
    private let group: @Sendable () throws -> any EventLoopGroup
    private let prepare: @Sendable (any Channel, NameServer) throws -> Void
    private let describe: @Sendable (any Error) -> String

    /// - Parameters:
    ///   - isPrivate: whether nothing may go out but over its streams.
    ///   - group: where the channels live; NIO's singleton by default.
    ///   - prepare: puts handlers before ours; on the channel's loop.
    ///   - describe: an error of those handlers in one clause for a person.
    package init(
        isPrivate: Bool = false,
        group: @escaping @Sendable () throws -> any EventLoopGroup = { try ProcessLoops.group() },
        prepare: @escaping @Sendable (any Channel, NameServer) throws -> Void = { _, _ in },
        describe: @escaping @Sendable (any Error) -> String = { "\($0)" }
    ) {
        self.isPrivate = isPrivate
        self.group = group
        self.prepare = prepare
        self.describe = describe
    }

    private final class Stream: OpenStream {
        private struct State: Sendable {
            var channel: (any Channel)?
            /// The same before it is connected.
            var connecting: (any Channel)?
            var waiting: [[UInt8]] = []
            var isClosed = false
        }

        private let state = NIOLockedValueBox(State())

        func send(_ message: [UInt8]) {
            let channel = state.withLockedValue { state -> (any Channel)? in
                if state.channel == nil, !state.isClosed { state.waiting.append(message) }
                return state.channel
            }
            if let channel { write([message], to: channel) }
        }

        func close() {
            let channel = state.withLockedValue { state in
                state.isClosed = true
                state.waiting = []
                return state.channel ?? state.connecting
            }
            channel?.close(promise: nil)
        }

        func readAll(_ done: @escaping @Sendable () -> Void) {
            guard let channel = state.withLockedValue({ $0.isClosed ? nil : $0.channel }) else { return done() }
            // One turn of the loop: it reads what there is before it comes to its timers.
            _ = channel.eventLoop.scheduleTask(in: .milliseconds(1)) { done() }
        }

        /// A channel has been made for it, on its loop.
        ///
        /// - Throws: where it has been closed meanwhile; the channel is to be closed too.
        func began(_ channel: any Channel) throws {
            let isClosed = state.withLockedValue { state in
                state.connecting = channel
                return state.isClosed
            }
            if isClosed { throw ChannelError.ioOnClosedChannel }
        }

        func connected(_ channel: any Channel) {
            let (waiting, isClosed) = state.withLockedValue { state in
                (state.channel, state.connecting) = (channel, nil)
                defer { state.waiting = [] }
                return (state.waiting, state.isClosed)
            }
            if isClosed { channel.close(promise: nil) } else { write(waiting, to: channel) }
        }

        /// Writes messages that go together together: fewer segments, fewer round trips (RFC 7766 §8).
        private func write(_ messages: [[UInt8]], to channel: any Channel) {
            var buffer = channel.allocator.buffer(capacity: messages.reduce(0) { $0 + 2 + $1.count })
            for message in messages {
                buffer.writeInteger(UInt16(truncatingIfNeeded: message.count))
                buffer.writeBytes(message)
            }
            channel.writeAndFlush(buffer, promise: nil)
        }
    }

    package func open(_ server: NameServer, _ tell: @escaping @Sendable (StreamEvent) -> Void) -> any OpenStream {
        let stream = Stream()
        let (prepare, describe) = (prepare, describe)
        let loops: any EventLoopGroup
        do {
            loops = try group()
        } catch {
            tell(.closed((error as? ProcessLoops.Shortage)?.reason ?? describe(error)))
            return stream
        }
        let bootstrap = ClientBootstrap(group: loops)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try stream.began(channel)
                    let socketSide = SocketSide()
                    let messages = StreamMessageHandler(tell, describe: describe, socketSide: socketSide)
                    try channel.pipeline.syncOperations.addHandler(socketSide)
                    try prepare(channel, server)
                    try channel.pipeline.syncOperations.addHandler(messages)
                }
            }
        guard let address = try? server.socketAddress() else {
            tell(.closed("\(server) cannot be connected to"))
            return stream
        }
        bootstrap.connect(to: address).whenComplete { result in
            switch result {
            case .success(let channel): stream.connected(channel)
            case .failure(let error): tell(Self.end(error))
            }
        }
        return stream
    }

    private static func end(_ error: any Error) -> StreamEvent {
        guard let number = (error as? IOError)?.errnoCode else { return .refused("\(error)") }
        // That this machine has no descriptor says nothing of the server.
        return ErrorText.isShortage(number) ? .closed(ErrorText.of(number)) : .refused(ErrorText.of(number))
    }
}

@available(FairDial 0.1, *)
extension NameServer {
    /// Its address as NIO has it.
    fileprivate func socketAddress() throws -> SocketAddress {
        try SocketAddress(ipAddress: "\(endpoint.address)", port: Int(endpoint.port))
    }
}
