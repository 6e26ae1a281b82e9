// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A file of feed addresses: one a line, empty lines and lines that begin with `#` are skipped.
package enum FeedList {
    /// All of them are fetched at once.
    package static let mostFeeds = 20_000
    private static let longestFile = 16 * 1024 * 1024

    /// Why a file is no list.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package static func read(_ path: String) throws(Fault) -> [FeedAddress] {
        let data: Data
        do {
            guard let file = FileHandle(forReadingAtPath: path) else { throw CocoaError(.fileReadNoSuchFile) }
            data = try file.read(upToCount: longestFile + 1) ?? Data()
        } catch {
            throw Fault(description: "cannot read \(path)")
        }
        guard data.count <= longestFile else { throw Fault(description: "\(path) is longer than 16 MiB") }
        return try addresses(in: String(decoding: data, as: UTF8.self))
    }

    package static func addresses(in text: String) throws(Fault) -> [FeedAddress] {
        var addresses: [FeedAddress] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.trimmingCharacters(in: .whitespaces)
            if words.isEmpty || words.hasPrefix("#") { continue }
            guard let address = FeedAddress(words) else {
                throw Fault(description: "line \(index + 1): write an http:// or https:// address")
            }
            addresses.append(address)
            guard addresses.count <= mostFeeds else { throw Fault(description: "more than \(mostFeeds) feeds") }
        }
        guard !addresses.isEmpty else { throw Fault(description: "no feed address in the list") }
        return addresses
    }
}
