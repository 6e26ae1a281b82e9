// SPDX-License-Identifier: Apache-2.0

/// Hosts and services whose reading is known, for the tables and for the comparison with the C library.
public enum Corpus {
    /// IPv4 as `inet_aton` alone reads it, with the dotted form it means.
    public static let legacyIPv4: [(text: String, dotted: String)] = [
        ("127.1", "127.0.0.1"), ("0x7f.1", "127.0.0.1"), ("0177.0.0.1", "127.0.0.1"), ("2130706433", "127.0.0.1"),
        ("1.16777215", "1.255.255.255"), ("1.2.65535", "1.2.255.255"), ("010.8.8.8", "8.8.8.8"),
        ("127.0.1", "127.0.0.1"), ("42.42.42", "42.42.0.42"), ("42.42", "42.0.0.42"), ("42", "0.0.0.42"),
        ("1000", "0.0.3.232"), ("0x0a", "0.0.0.10"), ("0x0a.0x0a", "10.0.0.10"),
        ("0x0a.0x0a.0x0a.0x0a", "10.10.10.10"), ("016.016.016.016", "14.14.14.14"), ("016.016.016", "14.14.0.14"),
        ("016.016", "14.0.0.14"), ("016", "0.0.0.14"), ("000", "0.0.0.0"), ("192.168.000.001", "192.168.0.1"),
        ("1.2.3.040", "1.2.3.32"), ("01.2.3.40", "1.2.3.40"), ("0", "0.0.0.0"), ("4294967295", "255.255.255.255"),
        ("0xffffffff", "255.255.255.255"), ("0XFF.1", "255.0.0.1"), ("0xAbCdEf01", "171.205.239.1"),
        ("037777777777", "255.255.255.255"), ("00000000000000000000000000000000001", "0.0.0.1"),
        ("0x00000000000000000000000000000000001", "0.0.0.1"), ("1.0xffffff", "1.255.255.255"), ("1.2.0", "1.2.0.0"),
    ]

    /// Dotted decimal, which needs no lenience.
    public static let plainIPv4 = [
        "127.0.0.1", "0.0.0.0", "255.255.255.255", "8.8.8.8", "192.0.2.10", "224.0.0.1", "10.0.0.2",
    ]

    /// Nearly IPv4: names to the C library.
    public static let nearlyIPv4 = [
        "42..42.42.42", "42.42.42.42.", ".42.42.42.42", "...", ".", "1.2.3.4.5", "001.000.008.016", "1000000000000000",
        "257.0.0.0", "192.168.0.999", "-0.0.0.0", "+0.0.0.0", "1.2.3.4e0", "1.a.2.3", "1.2.3.4/24", "１.２.３.４",
        "127.0.0.1 ", " 127.0.0.1", "127.0.0.1\n", "4294967296", "1.2.65536", "1.16777216", "08.8.8.8", "0x", "0x.1",
        "1.0x", "0xg", "0x100000000", "040000000000", "18446744073709551616", "1.2.3.256", "256.1", "1.", "0b1", "1_0",
        "127.0.0.1.", "0x7f.1.", "1e2", "1,2", "٣.1.1.1",
    ]

    /// IPv6 that everyone accepts, without a zone.
    public static let ipv6 = [
        "::", "::1", "0000::0000", "000::c0a8:0001", "c0a8:1::", "::1.2.3.42", "::ffff:192.168.1.1", "::ffff:c0a8:101",
        "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::2:3:4:5:6:7", "1:2:3:4:5:6:1.2.3.4", "FE80::A", "fe80::1",
        "2001:db8::1",
        "ff02::1", "ff01::1", "ff05::1", "ff12::1", "ff31::1", "fec0::1", "febf::1", "fe7f::1", "1:2:3:4:5:6:7:8",
        "::ffff:254.128.0.1", "::ffff:255.1.0.1", "::ffff:0:0", "::fffe:1.2.3.4", "64:ff9b::1.2.3.4", "fd00::2",
        "::127.0.0.1",
        "abcd:ef01:2345:6789:abcd:ef01:2345:6789", "::0001",
    ]

    /// Shaped like IPv6 and refused by everyone.
    public static let malformedIPv6 = [
        ":", ":1", "FEDC:9878", ":::", "1::2::3::4:5", "2001:db8:::1", "9:8:7:6:5:4:3::2:1", "8:7:6:5:4:3:2:1::",
        "::8:7:6:5:4:3:2:1", "1:2:3:4::5:6:7:8", "7:6:5:4:3:2:1", "7:6:5:4:3:42.42.42.42", ":2001:db8::1",
        "2001:db8::1:",
        "::1.2.3.4:", "::1.2.3", "::1.2.3.4.5", "3ffe::127.0.1", "3ffe::1.net", "3ffe::goog", "3ffe::-1", "::00000",
        "3ffe::10000", "::1/24", "::ffff:01.2.3.4", "[::1", "[::1]", "::1 ", " ::1", "::g", "::ffff:1.2.3.256",
        "::ffff:1.2.3.",
        "1:%lo", ":%1", "::１",
    ]

    /// Names, some of which look numeric at first.
    public static let names = [
        "1e100.net", "beef.cafe", "10.example.org", "dead", "face", "a.b.c.d", "localhost", "db.example.org", "x",
        "LOCALHOST",
        "02001:db8::", "1.2.3.4::", "localhost:80", "bücher.example", "a b", "-", "_", "[", "%", "%lo", "lo%lo",
        "127.0.0.1:80", "0x7f000001.example", "xn--bcher-kva.example", "**", "* ",
    ]

    /// What may come after a `%`, good and bad; `lo` is an interface of every Linux machine.
    public static let zones = [
        "1", "0", "01", "7", "4294967295", "4294967296", "99999999999999999999", "lo", "nosuch0", "", "-1", "+4", " 4",
        "0x4", "4 ",
        "lo%x", "LO", "lo:1", "scope%", "%", "1%1", "4x", "averyveryverylonginterfacename", "１",
        "0000000000000000000000001",
    ]

    /// IPv4 with a zone, which no one accepts.
    public static let ipv4WithZone = ["127.0.0.1%lo", "127.0.0.1%1", "127.1%lo", "0x7f.1%", "1.2.3.4%%"]

    /// Services as numbers, nearly so, and by name.
    public static let services: [String?] = [
        nil, "", "*", "0", "80", "443", "65535", " 80", "\t80", "\n80", "\u{0b}80", "+80", "080",
        "0000000000000000000000080",
        "65536", "65537", "99999", "4294967296", "4294967376", "-0", "-1", "-80", "4294967295", "2147483648",
        "2147483647",
        "18446744073709551696", "18446744073709551615", "-18446744073709551536", "-18446744073709551615", "80 ", "80x",
        "0x50",
        "1e2", "8_0", "８０", "+", "-", " ", "+-80", "- 80", "http", "HTTP", "www", "domain", "nosuchservice", "**",
        "80\u{a0}",
    ]

    /// Every host, NULL and what stands for it included; the zones on addresses of each scope.
    public static let hosts: [String?] = {
        var hosts: [String?] = [nil, "", "*", "127.0.0.1\0", "fe80::1%lo\0"]
        hosts += legacyIPv4.map(\.text)
        for list in [plainIPv4, nearlyIPv4, ipv6, malformedIPv6, names, ipv4WithZone] { hosts += list }
        for address in ["::1", "fe80::1", "ff02::1", "::ffff:1.2.3.4", "::ffff:254.128.0.1", "2001:db8::1"] {
            hosts += zones.map { "\(address)%\($0)" }
        }
        return hosts
    }()

    /// Those that are addresses to the C library.
    public static let addresses: [String] =
        plainIPv4 + ipv6 + legacyIPv4.map(\.text) + ["fe80::1%7", "::1%0", "ff02::1%lo", "fe80::1%lo"]
}
