// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// What is to be looked up, and where; the options of every program that `Benchmarks/lookups` runs.
struct LookupOptions: Sendable {
    static let usage =
        """
        usage: LookupRate --server ADDRESS:PORT… --names N --in-flight K [--prefix P] [--lookup-timeout SECONDS] \
        [--cached] [--whole]
        """

    var servers: [Endpoint] = []
    var names = 0
    var inFlight = 0
    var prefix = "p"
    var timeout: Duration?
    var isCached = false
    /// Whether names take the whole way, as a dial's do: through a `NameResolver`, with a cache.
    var isWhole = false

    init?(_ arguments: some Sequence<String>) {
        var arguments = arguments.makeIterator()
        while let option = arguments.next() {
            if option == "--cached" {
                isCached = true
                continue
            }
            if option == "--whole" {
                isWhole = true
                continue
            }
            guard let value = arguments.next() else { return nil }
            switch option {
            case "--server":
                guard let server = try? Endpoint(value) else { return nil }
                servers.append(server)
            case "--names": names = Int(value) ?? 0
            case "--in-flight": inFlight = Int(value) ?? 0
            case "--prefix": prefix = value
            case "--lookup-timeout":
                guard let seconds = Double(value) else { return nil }
                timeout = .seconds(seconds)
            // The others' own: what we learn of the servers decides.
            case "--timeout", "--tries", "--receive-buffer": continue
            default: return nil
            }
        }
        if servers.isEmpty || names < 1 || (inFlight < 1 && !isCached) { return nil }
    }
}
