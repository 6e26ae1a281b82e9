// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialConsole
import GetAddrInfo
import NIOCore
import NameResolution
import SystemResolution

/// The fair side: FairDial with its defaults, and the rally's connect timeout.
struct FairDriver: RallyDialer {
    private let dialer: Dialer

    init(course: RallyCourse) {
        var configuration = DialerConfiguration()
        configuration.timeouts.connect = RallyCourse.connectTimeout
        if course.seam {
            let names = SlowNames(delay: course.nameDelay)
            let resolver = SystemResolver { name, families in
                guard let delay = names.delay(of: name) else { return SystemResolver.callGetaddrinfo(name, families) }
                PlainSleep.sleep(delay)
                return SystemResolver.callGetaddrinfo("127.0.0.1", families)
            }
            configuration.resolver = NameResolver(resolver)
        }
        dialer = Dialer(configuration)
    }

    func dial(_ host: String, port: Int, label: String) async -> RallyDial {
        var options = DialOptions()
        options.label = label
        do {
            let connection = try await dialer.connect(to: host, port: port, options: options)
            let report = ConnectResult(
                host: host,
                port: port,
                destination: connection.destination,
                report: connection.report,
                error: nil
            )
            return RallyDial(channel: connection.output, report: report.json, took: connection.report.total)
        } catch {
            let report = ConnectResult(host: host, port: port, destination: nil, report: error.report, error: error)
            return RallyDial(channel: nil, report: report.json, took: error.report.total)
        }
    }
}
