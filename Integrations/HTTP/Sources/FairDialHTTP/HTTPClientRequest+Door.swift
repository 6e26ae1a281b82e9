// SPDX-License-Identifier: Apache-2.0

public import AsyncHTTPClient
public import FairDial
public import FairDialDoor

extension HTTPClientRequest {
    /// The same request, if its URL goes through the door, or to a Unix domain socket that the door's policy allows.
    ///
    /// HTTPClient uses its proxy for `http` and `https` alone. URLs of `unix`, `http+unix` and `https+unix` are paths
    /// of sockets on this machine, which it connects to by itself, past the door and its policy. So check the URL
    /// wherever a stranger may have written it; redirects from `http` and `https` lead to none of these schemes.
    ///
    /// ```swift
    /// let request = try HTTPClientRequest(url: theirs).checked(for: door)
    /// let response = try await client.execute(request, timeout: .seconds(30))
    /// ```
    ///
    /// - Throws: `DialError` with the code `refusedByPolicy` for a socket that the policy does not allow, and
    ///   `invalidTarget` for any other scheme.
    public func checked(for door: Door) throws(DialError) -> HTTPClientRequest {
        try RequestScheme.check(url, of: url, for: door)
        return self
    }
}

extension HTTPClient.Request {
    /// The same request, if its URL goes through the door, or to a Unix domain socket that the door's policy allows: as
    /// `HTTPClientRequest.checked(for:)`.
    ///
    /// - Throws: `DialError` with the code `refusedByPolicy` for a socket that the policy does not allow, and
    ///   `invalidTarget` for any other scheme.
    public func checked(for door: Door) throws(DialError) -> HTTPClient.Request {
        try RequestScheme.check("\(scheme):", of: "\(url)", for: door)
        return self
    }
}

/// How HTTPClient goes where a URL leads.
private enum RequestScheme {
    /// Nothing but a list of what is known: of a text that HTTPClient might read otherwise nothing passes.
    ///
    /// - Parameters:
    ///   - text: begins with the scheme.
    ///   - url: for the error.
    ///   - door: whose policy decides.
    static func check(_ text: String, of url: String, for door: Door) throws(DialError) {
        let scheme = String(decoding: text.utf8.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        switch scheme.lowercased() {
        case "http", "https": return
        case "unix", "http+unix", "https+unix":
            guard let veto = door.policy.veto(ofPath: url) else { return }
            throw DialError(.refusedByPolicy, veto, target: url)
        default: throw DialError(.invalidTarget, "the URL is not one of http or https", target: url)
        }
    }
}
