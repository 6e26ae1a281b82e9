// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The ports that the system chooses from for a socket that is not bound.
@available(FairDial 0.1, *)
enum EphemeralPorts {
    /// Read once: programs that run while it is changed keep the old one. All ports, where the system does not say.
    static let range: ClosedRange<UInt16> = read() ?? 0...UInt16.max

    private static func read() -> ClosedRange<UInt16>? {
        guard let file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, CInt(line.count), file) != nil else { return nil }
        let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return parse(String(decoding: text, as: UTF8.self))
    }

    /// Two numbers with space between them: `32768\t60999`.
    static func parse(_ text: String) -> ClosedRange<UInt16>? {
        let numbers = text.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map { UInt16($0) }
        guard numbers.count == 2, let low = numbers[0], let high = numbers[1], low <= high else { return nil }
        return low...high
    }
}
