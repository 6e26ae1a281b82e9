// SPDX-License-Identifier: Apache-2.0

import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Reads XML as a stream and stops where elements lie too deep in each other. XMLCoder makes a tree of it, and walks
/// that by recursion: 100,000 levels, which are a few hundred kilobytes, would overflow the stack and end the process.
final class DepthGuard: NSObject, XMLParserDelegate {
    /// No feed is as deep: its titles are text, and what is marked up in them is escaped or XHTML.
    private static let most = 100

    private var depth = 0
    private var isTooDeep = false

    /// Whether the elements are too deep in each other. Of what is no XML the next reader has to complain.
    static func refuses(_ data: Data) -> Bool {
        let levels = DepthGuard()
        let parser = XMLParser(data: data)
        parser.delegate = levels
        _ = parser.parse()
        return levels.isTooDeep
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        depth += 1
        guard depth > Self.most else { return }
        isTooDeep = true
        parser.abortParsing()
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        depth -= 1
    }
}
