// SPDX-License-Identifier: Apache-2.0

import CSockets

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@available(FairDial 0.1, *)
extension InterfaceTable {
    /// What the kernel has told up to now.
    private struct Facts {
        var names: [(name: [UInt8], index: UInt32)] = []
        var addresses: [[UInt8]] = []
    }

    /// Reads the interfaces of this machine, in the calling thread's network namespace: a few system calls that wait
    /// for the kernel alone, which may be busy. Not for an event loop.
    ///
    /// - Returns: `nil` where the kernel does not say, as without descriptors, and on systems other than Linux.
    public static func read() -> InterfaceTable? {
        #if os(Linux)
            // A table that changes while it is read is read again; after several tries it counts as unknown.
            for _ in 0..<8 {
                var facts = Facts()
                let failure = withUnsafeMutablePointer(to: &facts) { fairdial_list_interfaces(note, $0) }
                if failure == 0 { return InterfaceTable(facts) }
                if failure != EAGAIN { return nil }
            }
        #endif
        return nil
    }

    #if os(Linux)
        private static let note: fairdial_interface_listener = { context, fact in
            guard let facts = context?.assumingMemoryBound(to: Facts.self), let fact = fact?.pointee else { return }
            let bytes = Array(UnsafeBufferPointer(start: fact.bytes, count: fact.length))
            if fact.kind == FAIRDIAL_INTERFACE_NAME {
                facts.pointee.names.append((bytes, fact.index))
            } else {
                facts.pointee.addresses.append(bytes)
            }
        }
    #endif

    private init(_ facts: Facts) {
        let loopbackIPv4: [UInt8] = [127, 0, 0, 1]
        let loopbackIPv6: [UInt8] = Array(repeating: 0, count: 15) + [1]
        let addresses = facts.addresses.map { bytes -> Address in
            switch bytes {
            case loopbackIPv4: .loopbackIPv4
            case loopbackIPv6: .loopbackIPv6
            default: bytes.count == 4 ? .ipv4 : .ipv6
            }
        }
        self.init(nameBytes: facts.names, addresses: Set(addresses))
    }
}
