// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialDoor
import Foundation
import NIOCore
import NIOPosix

/// The measurements, with blocking clients and servers on threads of their own.
struct DoorRun: Sendable {
    private let door: Door

    init(_ door: Door) {
        self.door = door
    }

    /// A connection to a server that does something with it on a thread of its own.
    private func connect(isDirect: Bool, _ serve: @escaping @Sendable (Wire) throws -> Void) throws -> Wire {
        let (listener, port) = try Wire.listener()
        Thread.detachNewThread {
            // A client that has had enough ends it.
            if let wire = try? listener.accepted() { try? serve(wire) }
        }
        guard !isDirect else { return try Wire(to: port) }
        let wire = try Wire(to: door.address.port ?? 0)
        try wire.ask(for: port, showing: door.secret?.authorization ?? "")
        return wire
    }

    func latency(_ count: Int) throws -> [String: Double] {
        let wires = [try connect(isDirect: true, echo), try connect(isDirect: false, echo)]
        var times: [[Duration]] = [[], []]
        let clock = ContinuousClock()
        try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
            byte[0] = 1
            for round in 0..<count + 100 {
                for (way, wire) in wires.enumerated() {
                    let took = try clock.measure {
                        try wire.write(UnsafeRawBufferPointer(byte))
                        _ = try wire.read(into: byte)
                    }
                    // The first ones warm caches.
                    if round >= 100 { times[way].append(took) }
                }
            }
        }
        return added(times)
    }

    /// The same for clients on event loops of this process, whom doors are made for: from every loop twice. A server's
    /// channels go to the loops in turn, so of the two passages one is on the client's own loop where there are two.
    func looped(_ count: Int) throws -> [String: Double] {
        let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
        var times: [[Duration]] = [[], []]
        for round in 0..<loops.count * 2 {
            let loop = loops[round % loops.count]
            for isDirect in [true, false] {
                let wire = try connect(isDirect: isDirect, echo)
                // A channel owns its descriptor.
                let channel = try ClientBootstrap(group: loop).withConnectedSocket(dup(wire.descriptor)).wait()
                let trips = NIOLoopBoundBox.makeBoxSendingValue(RoundTrips(), eventLoop: loop)
                try loop.submit { try channel.pipeline.syncOperations.addHandler(trips.value) }.wait()
                // The first ones warm caches.
                for (index, count) in [100, count / (loops.count * 2)].enumerated() {
                    let done = loop.makePromise(of: [Duration].self)
                    loop.execute { trips.value.run(max(1, count), done) }
                    let took = try done.futureResult.wait()
                    if index == 1 { times[isDirect ? 0 : 1] += took }
                }
                try channel.close().wait()
            }
            // One more, so that the next turn pairs them differently.
            if round % loops.count == loops.count - 1 { _ = try connect(isDirect: false, echo) }
        }
        return added(times)
    }

    private func added(_ times: [[Duration]]) -> [String: Double] {
        let medians = times.map { $0.sorted()[$0.count / 2] / .microseconds(1) }
        return ["direct": medians[0], "door": medians[1], "added": medians[1] - medians[0]]
    }

    private func echo(_ wire: Wire) throws {
        try withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while true {
                let count = try wire.read(into: buffer)
                guard count > 0 else { return }
                try wire.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    func throughput(_ bytes: Int) throws -> [String: Double] {
        var took: [Double] = []
        for isDirect in [true, false] {
            let wire = try connect(isDirect: isDirect) { try pump(bytes, into: $0) }
            let clock = ContinuousClock()
            took.append(try clock.measure { try drain(wire, bytes) { _ in } } / .seconds(1))
        }
        return ["direct": took[0], "door": took[1], "ratio": took[0] / took[1]]
    }

    func slow(_ bytes: Int) throws -> [String: Double] {
        // One at full speed first: what the door keeps for its next connections is there.
        _ = try throughput(64 << 20)
        let flowing = try grown(bytes) { wire in
            try pump(bytes, into: wire)
            // It ends when the client has had all.
            try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { _ = try wire.read(into: $0) }
        }
        // It ends as soon as it has sent all: what waits with the kernel is read at once.
        let ending = try grown(bytes) { try pump(bytes, into: $0) }
        return ["grown_kib": flowing, "end_kib": ending]
    }

    /// How much more KiB the process has in memory at most while a client reads slowly what a server sends.
    private func grown(_ bytes: Int, _ serve: @escaping @Sendable (Wire) throws -> Void) throws -> Double {
        let wire = try connect(isDirect: false, serve)
        let before = resident()
        var most = before
        var next = 0
        try drain(wire, bytes) { read in
            guard read >= next else { return }
            next = read + 1 << 20
            usleep(2_000)
            most = max(most, resident())
        }
        return Double(most - before) / 1_024
    }

    func once(_ count: Int) throws {
        for _ in 0..<count {
            let wire = try connect(isDirect: false) { try pump(1, into: $0) }
            try drain(wire, 1) { _ in }
        }
    }

    private func pump(_ bytes: Int, into wire: Wire) throws {
        let buffer = [UInt8](repeating: 0x61, count: min(bytes, 262_144))
        var sent = 0
        while sent < bytes {
            let count = min(buffer.count, bytes - sent)
            try buffer[..<count].withUnsafeBytes(wire.write)
            sent += count
        }
    }

    private func drain(_ wire: Wire, _ bytes: Int, _ told: (Int) -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: 262_144, alignment: 16) { buffer in
            var read = 0
            while read < bytes {
                let count = try wire.read(into: buffer)
                guard count > 0 else { throw Wire.Failure(call: "drain") }
                read += count
                told(read)
            }
        }
    }

    /// What of the process is in memory, in bytes.
    private func resident() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(getpagesize())
    }
}
