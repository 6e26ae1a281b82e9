// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// One GET over a connected channel, and its answer. The channel closes with it.
enum FeedExchange {
    /// What a server answers.
    enum Answer: Sendable {
        case body(ByteBuffer)
        case redirect(String)
    }

    /// Asks, and waits no longer than the limits say. On any thread.
    static func run(
        _ address: FeedAddress,
        over channel: any Channel,
        limits: FetchLimits
    ) -> EventLoopFuture<Answer> {
        channel.eventLoop.flatSubmit {
            let answer = channel.eventLoop.makePromise(of: Answer.self)
            let timer = channel.eventLoop.scheduleTask(in: limits.exchange) { answer.fail(FetchError.exchangeTimeout) }
            do {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(Reader(answer, limits))
                let headers: HTTPHeaders = [
                    "host": address.authority, "user-agent": "fairdial-feeds", "connection": "close",
                    "accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8",
                ]
                let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target, headers: headers)
                channel.write(HTTPClientRequestPart.head(head)).cascadeFailure(to: answer)
                channel.writeAndFlush(HTTPClientRequestPart.end(nil)).cascadeFailure(to: answer)
            } catch {
                answer.fail(error)
            }
            return answer.futureResult.always { _ in
                timer.cancel()
                channel.close(promise: nil)
            }
        }
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let answer: EventLoopPromise<Answer>
        private let limits: FetchLimits
        private var head: HTTPResponseHead?
        private var body = ByteBuffer()

        init(_ answer: EventLoopPromise<Answer>, _ limits: FetchLimits) {
            self.answer = answer
            self.limits = limits
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(var part):
                guard body.readableBytes + part.readableBytes <= limits.bytes else {
                    return answer.fail(FetchError.tooLong(limits.bytes))
                }
                body.writeBuffer(&part)
            case .end: finish()
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            answer.fail(error)
        }

        func channelInactive(context: ChannelHandlerContext) {
            answer.fail(FetchError.endedEarly)
            context.fireChannelInactive()
        }

        private func finish() {
            guard let head else { return answer.fail(FetchError.endedEarly) }
            switch head.status.code {
            case 200: answer.succeed(.body(body))
            case 301, 302, 303, 307, 308: answer.succeed(.redirect(head.headers.first(name: "location") ?? ""))
            default: answer.fail(FetchError.status(Int(head.status.code)))
            }
        }
    }
}
