// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What dials: two stock ways, and FairDial.
enum RallySide: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Stock NIO: `ClientBootstrap.connect(host:port:)` on one loop, as most programs use it.
    case stockNIO = "stock-nio"
    /// A pool of four threads for names, and one timer over lookup and connect: the way of Node and of many drivers.
    case earlyTimer = "early-timer"
    /// FairDial.
    case fair

    /// What the table calls it.
    var title: String {
        switch self {
        case .stockNIO: "foul: stock SwiftNIO, one loop"
        case .earlyTimer: "foul: four resolver threads, timer before the lookup"
        case .fair: "fair: FairDial"
        }
    }
}
