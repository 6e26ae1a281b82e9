// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses
import NameResolution

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Looks distinct names up with FairDial's DNS resolver, A and AAAA of each, a number of them at once; takes what the
/// peers in `Benchmarks/Peers` take, and prints one line of JSON as they do.
///
/// With `--cached` it asks for one name again and again, and prints how many nanoseconds an answer from the cache
/// takes.
@main
struct LookupRate {
    static func main() {
        guard let options = LookupOptions(CommandLine.arguments.dropFirst()) else {
            print(LookupOptions.usage)
            exit(2)
        }
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = ""
        configuration.servers = options.servers.map { NameServer($0) }
        configuration.lookupTimeout = options.timeout
        if !options.isCached, !options.isWhole { configuration.cache = .off }
        let resolver = DNSResolver(configuration)
        if options.isCached {
            print(CachedRun(resolver: resolver, rounds: options.names).nanoseconds())
            return
        }
        let run = LookupRun(resolver: options.isWhole ? NameResolver(resolver) : resolver, options: options)
        print(run.report())
    }
}
