// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import Testing

@Suite struct `Services file` {
    private func port(_ name: String, _ protocolName: String = "tcp", in text: String) -> UInt16? {
        ServicesFile(Array(text.utf8)).port(of: name.utf8, over: protocolName)
    }

    /// What glibc 2.36's `getservbyname` makes of each line, by calling it.
    @Test(
        arguments: [
            ("x 80/tcp", 80), ("x\t80/tcp", 80), ("x\r80/tcp", 80), ("x\u{b}80/tcp y", 80), ("  x 80/tcp", 80),
            ("x 80//tcp", 80), ("x 0x10/tcp", 16), ("x 007/tcp", 7), ("x 010/tcp", 8), ("x +7/tcp", 7),
            ("x 65536/tcp", 0), ("x 99999/tcp", 34463), ("x -18446744073709551615/tcp", 1), ("x 80/tcp#y", 80),
            ("x 08/tcp", nil), ("x 0x/tcp", nil), ("x -1/tcp", nil), ("x 4294967296/tcp", nil),
            ("x 18446744073709551616/tcp", nil), ("x - 1/tcp", nil), ("x 80/ tcp", nil), ("x 80 /tcp", nil),
            ("x 80", nil), ("x 80/", nil), ("x", nil), ("#x 80/tcp", nil), ("x 80/TCP", nil), ("X 80/tcp", nil),
            ("x#80/tcp", nil), ("x \0 80/tcp", nil),
        ] as [(String, UInt16?)]
    )
    func `a line says what it says to the C library`(line: String, port: UInt16?) {
        #expect(self.port("x", in: line + "\n") == port)
        #expect(self.port("x", in: "y 1/tcp\n\(line)") == port)
    }

    @Test func `aliases are names like the first, and the first line that fits counts`() {
        let text = "http 80/tcp www web\nhttp 81/tcp\nwww 82/udp\nweb 83/tcp\n"
        for name in ["http", "www", "web"] { #expect(port(name, in: text) == 80) }
        #expect(port("www", "udp", in: text) == 82)
        #expect(port("http", "udp", in: text) == nil)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `any bytes are read to the end`(seed: UInt64) {
        var bytes: [UInt8] = []
        var state = seed
        for _ in 0..<50_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.append(UInt8(truncatingIfNeeded: state >> 56))
        }
        #expect(ServicesFile(bytes + Array("\nlast 9/tcp\n".utf8)).port(of: "last".utf8, over: "tcp") == 9)
    }
}
