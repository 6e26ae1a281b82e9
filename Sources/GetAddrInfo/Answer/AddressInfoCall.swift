// SPDX-License-Identifier: Apache-2.0

import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The only code that calls C's `getaddrinfo`.
@available(FairDial 0.1, *)
public enum AddressInfoCall {
    /// Calls `getaddrinfo` (RFC 3493 §6.1) and copies its answer out.
    ///
    /// **Blocks** the calling thread for as long as the system's resolver takes, often for many seconds, and cannot be
    /// cancelled: only for threads that have nothing else to do.
    ///
    /// - Returns: the entries in the call's order, a scope other than 0 as the address's zone; entries of other
    ///   families than IPv4 and IPv6 are left out. A host with a NUL in it is `noName`, such a service is `service`,
    ///   without a call.
    public static func getaddrinfo(_ question: AddressInfoQuestion) -> Result<AddressInfoList, AddressInfoError> {
        // The call would stop reading at the NUL and answer for another name.
        if let host = question.host, host.withUTF8Bytes({ $0.contains(0) }) { return .failure(.noName) }
        if let service = question.service, service.withUTF8Bytes({ $0.contains(0) }) { return .failure(.service) }
        return withCString(question.host) { host in
            withCString(question.service) { service in call(host, service, question.hints) }
        }
    }

    /// Calls `getaddrinfo` with a question in bytes, which need not be valid UTF-8 and need no NUL behind them; `nil`
    /// is the call's NULL. **Blocks**, and answers, like the other.
    public static func getaddrinfo(
        host: UnsafeBufferPointer<UInt8>?,
        service: UnsafeBufferPointer<UInt8>?,
        hints: AddressInfoHints
    ) -> Result<AddressInfoList, AddressInfoError> {
        if host?.contains(0) == true { return .failure(.noName) }
        if service?.contains(0) == true { return .failure(.service) }
        return withCString(host) { host in withCString(service) { service in call(host, service, hints) } }
    }

    private static func call(
        _ host: UnsafePointer<CChar>?,
        _ service: UnsafePointer<CChar>?,
        _ question: AddressInfoHints
    ) -> Result<AddressInfoList, AddressInfoError> {
        var hints = addrinfo()
        hints.ai_family = question.family
        hints.ai_socktype = question.socketType
        hints.ai_protocol = question.protocolNumber
        hints.ai_flags = question.flags
        var first: UnsafeMutablePointer<addrinfo>?
        errno = 0
        let code = systemGetaddrinfo(host, service, &hints, &first)
        let number = errno
        defer { if let first { freeaddrinfo(first) } }
        guard code == 0 else {
            return .failure(code == EAI_SYSTEM ? .system(number) : AddressInfoError(code: code))
        }
        var entries: [AddressInfo] = []
        var next = first
        while let pointer = next {
            if let entry = entry(pointer.pointee) { entries.append(entry) }
            next = pointer.pointee.ai_next
        }
        // The call puts the name into the first entry.
        let name = first?.pointee.ai_canonname.map { String(cString: $0) }
        return .success(AddressInfoList(entries, canonicalName: name))
    }

    private static func entry(_ entry: addrinfo) -> AddressInfo? {
        guard let socketAddress = entry.ai_addr else { return nil }
        let endpoint: Endpoint
        var flowInfo: UInt32 = 0
        switch entry.ai_family {
        case AF_INET:
            guard Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in>.size else { return nil }
            let ipv4 = UnsafeRawPointer(socketAddress).loadUnaligned(as: sockaddr_in.self)
            endpoint = Endpoint(
                address: .v4(IPv4Address(bits: UInt32(bigEndian: ipv4.sin_addr.s_addr))),
                port: UInt16(bigEndian: ipv4.sin_port)
            )
        case AF_INET6:
            guard Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in6>.size else { return nil }
            let ipv6 = UnsafeRawPointer(socketAddress).loadUnaligned(as: sockaddr_in6.self)
            let halves = withUnsafeBytes(of: ipv6.sin6_addr) { bytes in
                (
                    high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            endpoint = Endpoint(
                address: .v6(
                    IPv6Address(high: halves.high, low: halves.low),
                    zone: ipv6.sin6_scope_id == 0 ? nil : .index(ipv6.sin6_scope_id)
                ),
                port: UInt16(bigEndian: ipv6.sin6_port)
            )
            flowInfo = UInt32(bigEndian: ipv6.sin6_flowinfo)
        default:
            return nil
        }
        return AddressInfo(
            socketType: entry.ai_socktype,
            protocolNumber: entry.ai_protocol,
            endpoint: endpoint,
            flowInfo: flowInfo
        )
    }

    private static func withCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return text.withCString(body)
    }

    private static func withCString<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>?,
        _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let bytes else { return body(nil) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
            for (offset, byte) in bytes.enumerated() { text[offset] = CChar(bitPattern: byte) }
            text[bytes.count] = 0
            return body(text.baseAddress)
        }
    }
}

/// The C function under a name that the method of the same name does not hide.
@available(FairDial 0.1, *)
private func systemGetaddrinfo(
    _ host: UnsafePointer<CChar>?,
    _ service: UnsafePointer<CChar>?,
    _ hints: UnsafePointer<addrinfo>,
    _ answer: UnsafeMutablePointer<UnsafeMutablePointer<addrinfo>?>
) -> Int32 {
    getaddrinfo(host, service, hints, answer)
}
