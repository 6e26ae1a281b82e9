// SPDX-License-Identifier: Apache-2.0

@testable import FairDial

/// A socket that has been taken from its owner, to be copied at a test's will; `async let` and tasks carry no owners.
struct TakenSocket: Sendable {
    let descriptor: CInt
    let winner: DialWinner
    let report: DialReport

    var destination: Destination { winner.destination }
    var binding: ServiceBinding? { winner.binding }

    init(_ socket: consuming ConnectedSocket) {
        winner = socket.winner
        report = socket.report
        descriptor = socket.take()
    }
}

extension Dialer {
    /// `connectSocket`, and takes the socket: it is the test's to close.
    func takeSocket(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> TakenSocket {
        TakenSocket(try await connectSocket(to: Target(host: host, port: port), over: transport, options: options))
    }

    /// The same of any target.
    func takeSocket(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> TakenSocket {
        TakenSocket(try await connectSocket(to: target, over: transport, options: options))
    }
}
