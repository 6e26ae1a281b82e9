// SPDX-License-Identifier: Apache-2.0

/// What the parts of a simulated network need of the run that they belong to.
protocol SimulatedSurroundings: AnyObject {
    var clock: SimulatedClock { get }
    var dice: Dice { get }
    /// How late the machine has made anything in all.
    var lateness: Duration { get }

    /// One line for a person, where the story is wanted.
    func story(_ line: @autoclosure () -> String)

    /// A rule was broken; the first one counts.
    func fault(_ what: String)
}
