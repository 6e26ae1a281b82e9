// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import IPAddresses
import Testing

@Suite struct `List of address infos` {
    private let first = AddressInfo(
        socketType: 1,
        protocolNumber: 6,
        endpoint: Endpoint(address: .v4(.loopback), port: 1)
    )
    private let second = AddressInfo(
        socketType: 2,
        protocolNumber: 17,
        endpoint: Endpoint(address: .v4(.loopback), port: 1)
    )

    @Test func `a list is the same however it was made`() {
        #expect(AddressInfoList(first) == [first])
        #expect(AddressInfoList(first).hashValue == AddressInfoList([first]).hashValue)
        #expect(Array(AddressInfoList(first)) == [first])
        #expect(Array([first, second] as AddressInfoList) == [first, second])
        #expect(AddressInfoList([]).isEmpty)
    }

    @Test func `order and canonical name make a difference`() {
        #expect([first, second] as AddressInfoList != [second, first])
        #expect(AddressInfoList(first, canonicalName: "x") != AddressInfoList(first))
    }
}

#if os(Linux)
    @Suite struct `Type of a socket` {
        @Test(arguments: [(0o2004001, 1), (0o4002, 2), (0o2000003, 3), (5, 5), (0, 0)] as [(Int32, Int32)])
        func `the bits that only socket knows come off`(type: Int32, bare: Int32) {
            #expect(AddressInfoHints.socketType(ofSocket: type) == bare)
        }
    }
#endif
