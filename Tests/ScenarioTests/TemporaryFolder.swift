// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A folder that goes away with its last user.
final class TemporaryFolder {
    private let url = FileManager.default.temporaryDirectory.appendingPathComponent("scenario-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit {
        // What cannot be removed is the system's to clean up.
        try? FileManager.default.removeItem(at: url)
    }

    func makeFile(_ name: String, _ text: String = "") throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file
    }
}
