// SPDX-License-Identifier: Apache-2.0

import CoreMetrics

/// The metrics of all pools that have one name.
@available(FairDial 0.1, *)
struct PoolInstruments: Sendable {
    let idle: Meter
    let used: Meter
    let idleMaximum: Meter
    let idleMinimum: Meter
    let maximum: Meter
    let pending: Meter
    let timeouts: Counter
    let createTime: CoreMetrics.Timer
    let waitTime: CoreMetrics.Timer
    let useTime: CoreMetrics.Timer

    init(of pool: String, by factory: any MetricsFactory) {
        let prefix = "db.client.connection"
        let name = [("\(prefix).pool.name", pool)]
        func meter(_ label: String, _ more: [(String, String)] = []) -> Meter {
            Meter(label: "\(prefix).\(label)", dimensions: name + more, factory: factory)
        }
        func timer(_ label: String) -> CoreMetrics.Timer {
            CoreMetrics.Timer(label: "\(prefix).\(label)", dimensions: name, factory: factory)
        }
        idle = meter("count", [("\(prefix).state", "idle")])
        used = meter("count", [("\(prefix).state", "used")])
        idleMaximum = meter("idle.max")
        idleMinimum = meter("idle.min")
        maximum = meter("max")
        pending = meter("pending_requests")
        timeouts = Counter(label: "\(prefix).timeouts", dimensions: name, factory: factory)
        createTime = timer("create_time")
        waitTime = timer("wait_time")
        useTime = timer("use_time")
    }

    /// None is a figure too: what was never recorded looks in a graph as if it were not measured.
    ///
    /// Nothing is added, and not set: pools that another observer watches may have added to the same metrics by now. A
    /// back end may drop what adds zero, so it is the least that there is, and that is taken away again.
    func beginAtZero() {
        for meter in [idle, used, idleMinimum, pending] {
            meter.increment(by: Double.leastNonzeroMagnitude)
            meter.decrement(by: Double.leastNonzeroMagnitude)
        }
    }
}
