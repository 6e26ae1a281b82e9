// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// The cookies of one server (RFC 7873 §5): what we show it, what it has given, and whether it keeps to them.
///
/// Servers behind one address may differ: one gives cookies, another none. So a cookie is learned for a while only, and
/// after two names for which it was missing or wrong none are sent for a while.
@available(FairDial 0.1, *)
struct ServerCookies: Sendable {
    /// How long what has been learned holds.
    private static let lifetime = Duration.seconds(600)

    /// Ours for this server, eight bytes.
    let client: [UInt8]
    /// Both, as they go out with a query.
    private var both: [UInt8]
    private var expires: Duration?
    /// The name for which it was missing or wrong last, and when.
    private var lastFault: (name: DomainName, time: Duration)?
    private var offUntil: Duration?

    init(client: [UInt8]) {
        self.client = client
        both = client
    }

    /// Whether cookies are shown to it.
    func isUsed(at now: Duration) -> Bool {
        offUntil.map { now >= $0 } ?? true
    }

    /// Whether its answers must have its cookie.
    func isExpected(at now: Duration) -> Bool {
        expires.map { now < $0 } ?? false
    }

    /// What goes out with a query: ours, and the server's behind it where there is one.
    mutating func shown(at now: Duration) -> [UInt8] {
        if let expires, now >= expires { forget() }
        return both
    }

    /// The server has given a cookie; a good one has 8 … 32 bytes (§4.2).
    mutating func learn(_ server: ArraySlice<UInt8>, at now: Duration) {
        if expires == nil || !both.dropFirst(client.count).elementsEqual(server) { both = client + server }
        expires = now + Self.lifetime
        if let end = offUntil, now >= end { offUntil = nil }
    }

    /// An answer came without the cookie or with a wrong one, and the server has answered the same name without
    /// cookies.
    ///
    /// - Returns: whether none are used from now on.
    mutating func fault(for name: DomainName, at now: Duration) -> Bool {
        forget()
        // Both families of one name are one sign.
        guard let last = lastFault, last.name != name, now < last.time + Self.lifetime else {
            lastFault = (name, now)
            return false
        }
        lastFault = nil
        offUntil = now + Self.lifetime
        return true
    }

    private mutating func forget() {
        both = client
        expires = nil
    }
}
