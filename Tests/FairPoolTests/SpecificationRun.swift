// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation

@testable import FairPool

/// One file of MongoDB's specification of connection pools ("CMAP format"), run against the machine: threads, the
/// server and the time are simulated, so that nothing is waited for.
struct SpecificationRun {
    /// What went otherwise than the file says.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    typealias Object = [String: Any]

    /// A thread does one thing after the other; getting a connection may block it.
    private struct Worker {
        var operations: [Object] = []
        var waits: PoolWaiterID?
        var label: String?
        var error: String?
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/vectors/mongo/connection-monitoring-and-pooling/cmap-format")

    /// Whether files of specifications are there at all.
    static let isPossible = FileManager.default.fileExists(
        atPath: folder.deletingLastPathComponent().deletingLastPathComponent().path
    )

    /// The files' names; none where they are not there.
    static let names: [String] = {
        let found = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (found ?? []).filter { $0.hasSuffix(".json") }.sorted()
    }()

    private let file: Object
    private var pool: PoolMachine
    private var now: Duration = .zero
    private var events: [Object] = [["type": "ConnectionPoolCreated"]]
    private var workers: [String: Worker] = ["main": Worker()]
    private var labels: [String: PooledConnectionID] = [:]
    /// Dials that connect or fail, and when; each asks at once, as a literal's does.
    private var dials: [(id: PoolDialID, ends: Duration)] = []
    private var asking: [PoolDialID] = []
    private let latency: Duration
    private let fails: Bool

    init(_ name: String) throws {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent(name))
        guard let file = try JSONSerialization.jsonObject(with: data) as? Object else {
            throw Fault(description: "no object")
        }
        self.file = file
        let options = file["poolOptions"] as? Object ?? [:]
        func number(_ key: String) -> Int? { (options[key] as? NSNumber)?.intValue }
        var configuration = PoolConfiguration()
        if let size = number("maxPoolSize") { configuration.maximumSize = size == 0 ? .max : size }
        if let size = number("minPoolSize") { configuration.minimumSize = size }
        if let limit = number("maxConnecting") { configuration.connectingLimit = limit }
        if let limit = number("maxIdleTimeMS") { configuration.idleLimit = .milliseconds(limit) }
        configuration.waitTimeout = number("waitQueueTimeoutMS").map { .milliseconds($0) } ?? .seconds(3_600)
        let point = (file["failPoint"] as? Object)?["data"] as? Object ?? [:]
        latency = .milliseconds((point["blockTimeMS"] as? NSNumber)?.intValue ?? 0)
        fails = point["errorCode"] != nil
        pool = PoolMachine(configuration, isReady: false, isObserved: true, random: RandomSource { 0 })
    }

    /// Runs the file, and compares the events.
    mutating func run() throws {
        for operation in file["operations"] as? [Object] ?? [] {
            try perform(operation, as: operation["thread"] as? String ?? "main")
        }
        let error = (file["error"] as? Object)?["type"] as? String
        let raised = workers.values.compactMap(\.error)
        if let error, !raised.contains(error) { throw Fault(description: "no \(error), but \(raised)") }
        if error == nil, let unexpected = workers["main"]?.error { throw Fault(description: "main: \(unexpected)") }
        try compare()
    }

    private func compare() throws {
        let ignored = Set(file["ignore"] as? [String] ?? [])
        let said = events.filter { !ignored.contains($0["type"] as? String ?? "") }
        let wanted = file["events"] as? [Object] ?? []
        for (index, event) in wanted.enumerated() {
            guard index < said.count else { throw Fault(description: "no \(event) after \(said)") }
            for key in ["type", "reason", "connectionId", "interruptInUseConnections"] {
                guard let value = event[key] as? NSObject, value != NSNumber(value: 42) else { continue }
                if value != said[index][key] as? NSObject {
                    throw Fault(description: "event \(index) is \(said[index]), not \(event)")
                }
            }
        }
    }

    // MARK: - Operations

    private mutating func perform(_ operation: Object, as thread: String) throws {
        guard let name = operation["name"] as? String else { throw Fault(description: "an operation without a name") }
        if thread != "main" {
            workers[thread]?.operations.append(operation)
            work(thread)
            return
        }
        switch name {
        case "start": workers[operation["target"] as? String ?? ""] = Worker()
        case "wait": try pass(.milliseconds((operation["ms"] as? NSNumber)?.intValue ?? 0))
        case "waitForThread":
            let target = operation["target"] as? String ?? ""
            try pass(until: { $0.workers[target].map { $0.waits == nil && $0.operations.isEmpty } ?? true })
        case "waitForEvent":
            let event = operation["event"] as? String
            let count = (operation["count"] as? NSNumber)?.intValue ?? 1
            try pass(until: { $0.events.count { $0["type"] as? String == event } >= count })
        case "checkOut":
            workers["main"]?.operations.append(operation)
            work("main")
            try pass(until: { $0.workers["main"]?.waits == nil })
        default:
            workers["main"]?.operations.append(operation)
            work("main")
        }
    }

    /// Has a thread do what it can do without waiting.
    private mutating func work(_ thread: String) {
        while let worker = workers[thread], worker.waits == nil, !worker.operations.isEmpty {
            let operation = worker.operations[0]
            workers[thread]?.operations.removeFirst()
            switch operation["name"] as? String {
            case "checkOut":
                workers[thread]?.label = operation["label"] as? String
                var actions: [PoolAction] = []
                workers[thread]?.waits = pool.checkOut(at: now, &actions)
                carryOut(actions)
            case "checkIn":
                let id = labels[operation["connection"] as? String ?? ""] ?? 0
                change { pool, now, actions in pool.checkIn(id, isBroken: false, at: now, &actions) }
            case "ready": change { pool, now, actions in pool.ready(at: now, &actions) }
            case "clear":
                let interrupts = operation["interruptInUseConnections"] as? Bool ?? false
                change { pool, now, actions in pool.clear(interruptingUse: interrupts, at: now, &actions) }
            case "close": change { pool, now, actions in pool.close(within: nil, at: now, &actions) }
            default: workers[thread]?.error = "unknown operation \(operation)"
            }
        }
    }

    // MARK: - Time, and the server

    private mutating func pass(_ time: Duration) throws {
        let end = now + time
        while let next = nextTime, next <= end { happen(at: next) }
        now = end
    }

    private mutating func pass(until isDone: (SpecificationRun) -> Bool) throws {
        for _ in 0..<10_000 {
            if isDone(self) { return }
            guard let next = nextTime, next < .seconds(60) else { break }
            happen(at: next)
        }
        throw Fault(description: "waited in vain at \(now); events: \(events)")
    }

    private var nextTime: Duration? {
        if !asking.isEmpty { return now }
        return ([pool.wakeTime] + dials.map(\.ends)).compactMap { $0 }.min().map { max($0, now) }
    }

    private mutating func happen(at time: Duration) {
        now = time
        if !asking.isEmpty {
            let dial = asking.removeFirst()
            return change { pool, now, actions in pool.asks(dial, at: now, &actions) }
        }
        if let index = dials.firstIndex(where: { $0.ends <= time }) {
            let dial = dials.remove(at: index).id
            if fails {
                // What a driver does when a handshake fails.
                change { pool, now, actions in pool.clear(interruptingUse: false, at: now, &actions) }
                let error = DialError(.initializerFailed, "code 91", target: "db.test:27017")
                return change { pool, now, actions in pool.failed(dial, error, at: now, &actions) }
            }
            return change { pool, now, actions in pool.connected(dial, at: now, &actions) }
        }
        change { pool, now, actions in pool.advance(to: now, &actions) }
    }

    private mutating func change(_ body: (inout PoolMachine, Duration, inout [PoolAction]) -> Void) {
        var actions: [PoolAction] = []
        body(&pool, now, &actions)
        carryOut(actions)
    }

    private mutating func carryOut(_ actions: [PoolAction]) {
        for action in actions {
            switch action {
            case .dial(let id, _, _): asking.append(id)
            case .admit(let id, _): dials.append((id, now + latency))
            case .cancel(let id):
                asking.removeAll { $0 == id }
                dials.removeAll { $0.id == id }
                let error = DialError(.cancelled, "cancelled", target: "db.test:27017")
                change { pool, now, actions in pool.failed(id, error, at: now, &actions) }
            case .hand(let id, let waiter): end(waiter) { $0.label.map { ($0, id) } }
            case .fail(let waiter, let failure):
                end(waiter) { worker in
                    worker.error = Self.error(for: failure)
                    return nil
                }
            case .tell(let event): events.append(Self.object(event))
            case .check(let id):
                change { pool, now, actions in pool.checked(id, lives: true, at: now, &actions) }
            case .close, .closeRest, .finish, .lookUp, .cancelLookUp: break
            }
        }
    }

    private mutating func end(_ waiter: PoolWaiterID, _ body: (inout Worker) -> (String, PooledConnectionID)?) {
        guard let thread = workers.first(where: { $0.value.waits == waiter })?.key else { return }
        if let (label, id) = workers[thread].flatMap({ worker in
            var worker = worker
            defer { workers[thread] = worker }
            return body(&worker)
        }) {
            labels[label] = id
        }
        workers[thread]?.waits = nil
        work(thread)
    }

    private static func error(for failure: PoolFailure) -> String {
        switch failure {
        case .timeout, .queueFull: "WaitQueueTimeoutError"
        case .closed: "PoolClosedError"
        case .cleared, .paused, .dial: "PoolClearedError"
        }
    }

    private static func object(_ event: PoolEvent) -> Object {
        switch event {
        case .ready: ["type": "ConnectionPoolReady"]
        case .cleared(let interrupts):
            ["type": "ConnectionPoolCleared", "interruptInUseConnections": interrupts as NSNumber]
        case .closed: ["type": "ConnectionPoolClosed"]
        case .connectionCreated(let id): ["type": "ConnectionCreated", "connectionId": Int(id) as NSNumber]
        case .connectionReady(let id, _): ["type": "ConnectionReady", "connectionId": Int(id) as NSNumber]
        case .connectionClosed(let id, let reason):
            ["type": "ConnectionClosed", "connectionId": Int(id) as NSNumber, "reason": reason.rawValue]
        case .checkOutStarted: ["type": "ConnectionCheckOutStarted"]
        case .checkOutFailed(let reason, _): ["type": "ConnectionCheckOutFailed", "reason": reason.rawValue]
        case .checkedOut(let id, _): ["type": "ConnectionCheckedOut", "connectionId": Int(id) as NSNumber]
        case .checkedIn(let id, _): ["type": "ConnectionCheckedIn", "connectionId": Int(id) as NSNumber]
        case .eventsDropped: ["type": "none that the specification has"]
        }
    }
}
