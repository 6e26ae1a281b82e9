// SPDX-License-Identifier: Apache-2.0

@testable import DNSResolution
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded

/// Bytes that a server sends over a stream, cut up by the server too: the first byte says into how long pieces.
struct FuzzedStream {
    let bytes: [UInt8]

    /// What our reader gets wrong about it, in words; `nil` for nothing.
    ///
    /// However the bytes are cut up, the messages are those that their lengths part (RFC 1035 §4.2.2), and the end is
    /// told once, last. Of messages without a byte, which answer nothing, any number may be left out.
    func fault() -> String? {
        guard let size = bytes.first.map({ Int($0) + 1 }) else { return nil }
        let events = NIOLockedValueBox<[StreamEvent]>([])
        let socketSide = SocketSide()
        let handler = StreamMessageHandler(
            { event in events.withLockedValue { $0.append(event) } },
            describe: { "\($0)" },
            socketSide: socketSide
        )
        let channel = EmbeddedChannel(handlers: [socketSide, handler])
        var rest = bytes.dropFirst()
        do {
            while !rest.isEmpty, channel.isActive {
                try channel.writeInbound(ByteBuffer(bytes: rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            _ = try channel.finish(acceptAlreadyClosed: true)
        } catch {
            return "\(error)"
        }
        var told = events.withLockedValue { $0 }
        guard case .closed? = told.popLast() else { return "the end was not told last" }
        let messages = told.compactMap { event -> [UInt8]? in
            if case .received(let message) = event { message } else { nil }
        }
        if messages.count != told.count { return "the end was told twice" }
        let expected = Self.messages(bytes.dropFirst())
        // A reader that has had enough may close the stream.
        let wanted = expected.filter { !$0.isEmpty }
        let read = messages.filter { !$0.isEmpty }
        guard rest.isEmpty ? read == wanted : wanted.starts(with: read) else {
            return "\(read.count) messages, and \(wanted.count) by their lengths"
        }
        return messages.count <= expected.count ? nil : "\(messages.count) of \(expected.count) messages"
    }

    private static func messages(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var rest = bytes
        while let high = rest.first, let low = rest.dropFirst().first {
            let length = Int(high) << 8 | Int(low)
            guard rest.count >= 2 + length else { break }
            messages.append(Array(rest.dropFirst(2).prefix(length)))
            rest = rest.dropFirst(2 + length)
        }
        return messages
    }
}
