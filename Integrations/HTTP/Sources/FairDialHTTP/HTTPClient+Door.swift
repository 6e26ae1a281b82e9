// SPDX-License-Identifier: Apache-2.0

public import AsyncHTTPClient
public import FairDial
public import FairDialDoor
import NIOCore

extension HTTPClient.Configuration {
    /// Lets the client make its connections through a door: http, https and HTTP/2 alike. TLS stays the client's own.
    ///
    /// URLs of the schemes `unix`, `http+unix` and `https+unix` go past the door, and past its policy: the client
    /// connects to such a socket by itself. Where a stranger may have written a URL, check it with
    /// `HTTPClientRequest.checked(for:)`.
    ///
    /// ```swift
    /// let door = try await Door.http(dialer: dialer)
    /// var configuration = HTTPClient.Configuration()
    /// try configuration.dial(through: door)
    /// ```
    ///
    /// - `proxy` is the door, with its secret.
    /// - `timeout.connect` is at least as long as the door's dials may take and 10 s for TLS. The client's timer starts
    ///   when a request is made, and pays for everything up to TLS: the wait for a connection of its pool, the door's
    ///   queue, the lookup. With the door's own clocks inside it, each of them says by itself what took too long, and
    ///   `Door.lastError(forHost:port:)` has the report. What is left to the client's timer is its pool: a host with
    ///   more requests at a time than `connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit`.
    /// - `connectionPool.retryConnectionEstablishment` is off: else the client dials again and again until its timer
    ///   ends, and tells of that alone. What the door's dialer does, every address in a race, it does in one dial.
    ///
    /// The client looks its proxy's host up as any other, in the line of its event loop. Where other clients on the
    /// same loops look slow names up by NIO's own resolver, give this one a group of its own.
    ///
    /// - Throws: `DialError` with the code `invalidOption` for a door that does not speak HTTP.
    public mutating func dial(through door: Door) throws(DialError) {
        guard let port = door.address.port, let secret = door.secret else {
            let message = "this door leads to one target; HTTPClient needs one that Door.http() has opened"
            throw DialError(.invalidOption, message, target: "\(door.address)")
        }
        proxy = .server(host: "127.0.0.1", port: port, authorization: .bearer(tokens: secret.token))
        let handshake = Duration.seconds(10)
        let seconds = min((door.longestDial + handshake) / .seconds(1), 1_000_000_000)
        let least = TimeAmount.nanoseconds(Int64(seconds * 1_000_000_000))
        timeout.connect = max(timeout.connect ?? least, least)
        connectionPool.retryConnectionEstablishment = false
    }

    /// The same configuration, through a door: `dial(through:)`.
    ///
    /// - Throws: `DialError` with the code `invalidOption` for a door that does not speak HTTP.
    public func dialing(through door: Door) throws(DialError) -> HTTPClient.Configuration {
        var configuration = self
        try configuration.dial(through: door)
        return configuration
    }
}
