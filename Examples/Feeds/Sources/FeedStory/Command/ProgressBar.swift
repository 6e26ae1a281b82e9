// SPDX-License-Identifier: Apache-2.0

/// How far a run has come, on the terminal: `████······ 213 of 500 feeds · 1890 links stored · 1.2 s`.
struct ProgressBar {
    private static let width = 24

    let feeds: Int

    /// Shows it ten times a second, until the task is cancelled.
    func show(_ story: Story) async {
        guard Streams.isOnTerminal else { return }
        let clock = ContinuousClock()
        let start = clock.now
        while !Task.isCancelled {
            Streams.show(line(story.progress, after: start.duration(to: clock.now)))
            // It ends with the task, which is how it is told.
            try? await Task.sleep(for: .milliseconds(100))
        }
        Streams.show("")
    }

    func line(_ progress: Story.Progress, after time: Duration) -> String {
        let full = Self.width * min(progress.feeds, feeds) / max(feeds, 1)
        let bar = String(repeating: "█", count: full) + String(repeating: "·", count: Self.width - full)
        let tenths = Int(time / .milliseconds(100))
        return "\(bar) \(progress.feeds) of \(feeds) feeds · \(progress.stored) links stored · "
            + "\(tenths / 10).\(tenths % 10) s"
    }
}
