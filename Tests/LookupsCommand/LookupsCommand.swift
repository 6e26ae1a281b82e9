// SPDX-License-Identifier: Apache-2.0

import Dispatch
import DNSResolution
import FairDial
import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution

/// `lookups`: reads a name a line, looks each up as a process of its own would by default, with nothing learned and
/// nothing cached, and prints a line for each, in order: `name ok ADDRESS…`, `name no CODE`, or `name system REASON`
/// where it is not ours to look up.
///
/// Many names at once, for the tests that compare us with the C library (`Tests/Network/search-list`). With `--in-turn`
/// one after the other as they are read, by one resolver, three seconds for each (`Tests/Network/route-change`).
@main
enum LookupsCommand {
    /// How many lookups run at once.
    private static let width = 400
    /// A resolver's thread leaves so long after its last lookup, and its descriptors with it: until then it counts.
    private static let afterlife = DispatchTimeInterval.milliseconds(2_100)

    static func main() {
        if CommandLine.arguments.contains("--in-turn") { return lookUpInTurn() }
        var names: [String] = []
        while let name = readLine() { names.append(name) }
        let lines = NIOLockedValueBox([String](repeating: "", count: names.count))
        let free = DispatchSemaphore(value: width)
        let done = DispatchGroup()
        for (place, name) in names.enumerated() {
            free.wait()
            done.enter()
            look(up: name) { line in
                lines.withLockedValue { $0[place] = line }
                done.leave()
                DispatchQueue.global().asyncAfter(deadline: .now() + afterlife) { free.signal() }
            }
        }
        done.wait()
        print(lines.withLockedValue { $0 }.joined(separator: "\n"))
    }

    private static func lookUpInTurn() {
        let resolver = AutomaticResolver(dns: DNSResolver())
        while let name = readLine() {
            let line = NIOLockedValueBox("\(name) no answer in three seconds")
            let done = DispatchSemaphore(value: 0)
            look(up: name, with: resolver) { told in
                line.withLockedValue { $0 = told }
                done.signal()
            }
            _ = done.wait(timeout: .now() + .seconds(3))
            print(line.withLockedValue { $0 })
            fflush(nil)
        }
    }

    private static func look(
        up name: String,
        with resolver: AutomaticResolver = AutomaticResolver(dns: DNSResolver()),
        _ tell: @escaping @Sendable (String) -> Void
    ) {
        let decision = resolver.decision(for: name)
        guard decision.choice != .system else { return tell("\(name) system \(decision.reason)") }
        let addresses = NIOLockedValueBox<[String]>([])
        _ = resolver.lookUp(LookupQuestion(name: name), for: FairnessKey(label: "lookups")) { event in
            switch event {
            case .started, .bindings, .caughtUp: return
            case .answered(let answer):
                addresses.withLockedValue { $0 += answer.addresses.map(\.description) }
            case .ended(let error):
                let found = addresses.withLockedValue { $0.sorted() }
                if found.isEmpty {
                    tell("\(name) no \(error.map { "\($0.kind)" } ?? "nothing")")
                } else {
                    tell("\(name) ok \(found.joined(separator: " "))")
                }
            }
        }
    }
}
