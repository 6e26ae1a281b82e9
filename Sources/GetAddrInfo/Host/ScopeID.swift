// SPDX-License-Identifier: Apache-2.0

import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The value of `sin6_scope_id` that the text after a `%` stands for.
@available(FairDial 0.1, *)
struct ScopeID {
    /// The interface's index; 0 is no zone.
    let index: UInt32

    /// Reads digits as they stand; anything else is the name of an interface.
    ///
    /// - Parameters:
    ///   - zone: what comes after the `%`.
    ///   - mayBeNamed: whether the address is one that can have its zone by name.
    ///   - interfaces: the interfaces, asked for only where the zone is a name; without them the system is asked.
    /// - Throws: the reason why it is no zone; where there are two, the one a look at the interfaces cannot change.
    init(
        _ zone: UnsafeBufferPointer<UInt8>,
        mayBeNamed: Bool,
        interfaces: () -> InterfaceTable?
    ) throws(NumericHostRefusal) {
        if zone.isEmpty { throw .emptyZone }
        var number: UInt64 = 0
        var digitsOnly = true
        for byte in zone {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else {
                digitsOnly = false
                break
            }
            number = min(number &* 10 &+ UInt64(digit), 1 << 32)
        }
        if digitsOnly {
            guard let index = UInt32(exactly: number) else { throw .zoneTooLarge }
            self.index = index
            return
        }
        guard mayBeNamed else { throw .namedZoneBeyondLink(String(decoding: zone, as: UTF8.self)) }
        if let interfaces = interfaces() {
            guard let index = interfaces.index(of: zone) else {
                throw .unknownInterface(String(decoding: zone, as: UTF8.self))
            }
            self.index = index
        } else {
            self.index = try Self.index(ofInterface: zone)
        }
    }

    private static func index(ofInterface name: UnsafeBufferPointer<UInt8>) throws(NumericHostRefusal) -> UInt32 {
        // A C string ends at a NUL, and an interface's name cannot hold one.
        guard !name.contains(0) else { throw .unknownInterface(String(decoding: name, as: UTF8.self)) }
        errno = 0
        let index = withUnsafeTemporaryAllocation(of: CChar.self, capacity: name.count + 1) { text in
            for (offset, byte) in name.enumerated() { text[offset] = CChar(bitPattern: byte) }
            text[name.count] = 0
            return text.baseAddress.map { if_nametoindex($0) } ?? 0
        }
        if index != 0 { return index }
        // Any error but "no such interface" is this machine's: the call needs a descriptor, and glibc says ENOENT when
        // it got none.
        let number = errno
        if number == ENODEV || number == ENXIO {
            throw .unknownInterface(String(decoding: name, as: UTF8.self))
        }
        throw .interfacesUnavailable(errno: number)
    }
}

@available(FairDial 0.1, *)
extension IPv6Address {
    /// Whether the address means something on one link or interface alone: fe80::/10, ff_1::/16 and ff_2::/16.
    ///
    /// Only these may have a zone by name in glibc; fec0::/10 and wider multicast scopes may not.
    var isScopedToLink: Bool {
        let top = UInt16(truncatingIfNeeded: high >> 48)
        return top & 0xffc0 == 0xfe80 || top & 0xff0f == 0xff01 || top & 0xff0f == 0xff02
    }
}
