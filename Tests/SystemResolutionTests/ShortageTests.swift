// SPDX-License-Identifier: Apache-2.0

import Foundation
import GetAddrInfo
import NameResolution
import Testing

@testable import SystemResolution

@Suite struct `What getaddrinfo's errors mean` {
    @Test(arguments: [
        (AddressInfoError.noName, ResolutionError.Kind.nameNotFound), (.noData, .nameNotFound),
        (.addressFamily, .nameNotFound), (.again, .temporaryFailure), (.fail, .temporaryFailure), (.memory, .failed),
        (.system(EMFILE), .noDescriptor), (.system(ENFILE), .noDescriptor), (.system(EIO), .failed),
    ])
    func `does not exist, try again, and could not ask are told apart`(
        error: AddressInfoError,
        kind: ResolutionError.Kind
    ) {
        let told = ResolutionError(error, lookingUp: "db.test")
        #expect(told.kind == kind)
        #expect(told.systemCode == error.code)
        #expect(told.message.contains("db.test") || kind != .nameNotFound)
    }

    @Test func `without a descriptor nothing else is believed`() async {
        await #expect(processExitsWith: .success) {
            // The process that runs the tests leaves some of its own open to this one. Above them all are free ones.
            let highest = (0..<65_536 as Range<CInt>).last { fcntl($0, F_GETFD) >= 0 } ?? 2
            let count = rlim_t(highest) + 64
            var limit = rlimit(rlim_cur: count, rlim_max: count)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var held: [CInt] = []
            func takeAll() {
                while true {
                    let descriptor = open("/dev/null", O_RDONLY)
                    guard descriptor >= 0 else { return }
                    held.append(descriptor)
                }
            }
            func kind(of error: AddressInfoError) -> ResolutionError.Kind {
                ResolutionError(error, lookingUp: "db.test").kind
            }
            // Whatever else the process has open it may close meanwhile, so what is free is taken again before each
            // look, and a look that found more free than it should counts for nothing. There is not much that can be
            // closed.
            let end = ContinuousClock.now + .seconds(240)
            for error in [AddressInfoError.again, .noName, .fail] {
                repeat {
                    takeAll()
                    if ContinuousClock.now > end { exit(1) }
                } while kind(of: error) != .noDescriptor
            }
            // The highest is given back (the last one taken may be a low one): "no such name" is believed again, "try
            // again" is not.
            repeat {
                takeAll()
                held.sort()
                if let highest = held.popLast() { close(highest) }
                guard kind(of: .noName) == .nameNotFound else { exit(2) }
                if ContinuousClock.now > end { exit(3) }
            } while kind(of: .again) != .noDescriptor
            // Most are given back: now it is the name service.
            for descriptor in held { close(descriptor) }
            guard ResolutionError(.again, lookingUp: "db.test").kind == .temporaryFailure else { exit(4) }
            exit(0)
        }
    }

    @Test func `room for many descriptors leaves none open, and keeps to the limit`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 300, rlim_max: 300)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            // The process that runs the tests may have left it open to this one.
            close(299)
            DescriptorTable.makeRoom(for: 1_000_000)
            // The highest that there may be was open, and is not any more.
            guard fcntl(299, F_GETFD) < 0 else { exit(1) }
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let size = status.split(separator: "\n").first { $0.hasPrefix("FDSize:") }?.split(separator: "\t").last
            exit(size.flatMap { Int($0) } ?? 0 >= 300 ? 0 : 2)
        }
    }
}
