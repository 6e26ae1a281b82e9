// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a feed is: the parts of an `http` or `https` address that a request needs.
package struct FeedAddress: Hashable, Sendable, CustomStringConvertible {
    /// Longer ones are no address of ours.
    package static let longest = 2_048

    package let isSecure: Bool
    /// Numeric or a name, without brackets.
    package let host: String
    package let port: Int
    /// The path and the query, as the request has them.
    package let target: String

    package init(host: String, port: Int, target: String) {
        isSecure = false
        self.host = host
        self.port = port
        self.target = target
    }

    /// - Returns: `nil` for what is no address of HTTP.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.longest, let url = URL(string: String(text)) else { return nil }
        self.init(url)
    }

    private init?(_ url: URL) {
        guard let parts = URLComponents(url: url.absoluteURL, resolvingAgainstBaseURL: true),
            let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https",
            var host = parts.host, !host.isEmpty
        else { return nil }
        isSecure = scheme == "https"
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.host = host
        port = parts.port ?? (isSecure ? 443 : 80)
        guard (1...65_535).contains(port) else { return nil }
        let path = parts.percentEncodedPath
        target = (path.hasPrefix("/") ? path : "/\(path)") + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    }

    /// Where a redirect from here leads; `nil` where it leads to no address of HTTP.
    func redirected(to location: String) -> FeedAddress? {
        guard location.utf8.count <= Self.longest, let base = URL(string: description),
            let url = URL(string: location, relativeTo: base)
        else { return nil }
        return FeedAddress(url)
    }

    /// The address that a link in the feed means; `nil` where it means no page.
    func page(_ link: String) -> String? {
        guard link.utf8.count <= Self.longest else { return nil }
        if link.hasPrefix("https://") || link.hasPrefix("http://") { return link }
        guard let base = URL(string: description), let url = URL(string: link, relativeTo: base),
            let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https"
        else { return nil }
        return url.absoluteString
    }

    /// What the `Host` header says.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }
}
