// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

/// The least that can be called a client of MongoDB's protocol, for the foul side: one command at a time.
enum WireClient {
    /// A server's refusal, in its own words.
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    private typealias Question = (command: BSONDocument, answer: EventLoopPromise<Void>)

    static func install(on channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Handler())
        }
    }

    static func send(_ command: BSONDocument, on channel: any Channel) -> EventLoopFuture<Void> {
        let answer = channel.eventLoop.makePromise(of: Void.self)
        let question: Question = (command, answer)
        channel.writeAndFlush(question).cascadeFailure(to: answer)
        return answer.futureResult
    }

    private final class Handler: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = Question
        typealias OutboundOut = ByteBuffer

        private let messages = NIOSingleStepByteToMessageProcessor(
            WireDecoder(),
            maximumBufferSize: WireMessage.longest
        )
        private var lastID: Int32 = 0
        private var answers = CircularBuffer<(id: Int32, promise: EventLoopPromise<Void>)>()

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let question = unwrapOutboundIn(data)
            lastID &+= 1
            answers.append((lastID, question.answer))
            context.write(wrapOutboundOut(WireMessage(id: lastID, body: question.command).bytes), promise: promise)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            do {
                try messages.process(buffer: unwrapInboundIn(data)) { message in
                    guard let (id, promise) = answers.popFirst() else { return context.close(promise: nil) }
                    if id == message.responseTo, message.body["ok"]?.double == 1, message.body["writeErrors"] == nil {
                        promise.succeed()
                    } else {
                        promise.fail(Refused(description: message.body["errmsg"]?.string ?? "\(message.body)"))
                    }
                }
            } catch {
                context.close(promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            while let (_, promise) = answers.popFirst() { promise.fail(ChannelError.eof) }
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
