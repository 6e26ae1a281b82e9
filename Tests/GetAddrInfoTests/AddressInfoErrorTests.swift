// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct `Address info error` {
    static let named: [(AddressInfoError, name: String)] = [
        (.noName, "EAI_NONAME"), (.service, "EAI_SERVICE"), (.family, "EAI_FAMILY"), (.addressFamily, "EAI_ADDRFAMILY"),
        (.socketType, "EAI_SOCKTYPE"), (.badFlags, "EAI_BADFLAGS"), (.again, "EAI_AGAIN"), (.fail, "EAI_FAIL"),
        (.noData, "EAI_NODATA"), (.memory, "EAI_MEMORY"), (.overflow, "EAI_OVERFLOW"),
    ]

    @Test(arguments: named)
    func `every named error says its constant`(error: AddressInfoError, name: String) {
        #expect(error.description.hasSuffix("(\(name))"))
        #expect(error.systemError == nil)
        #expect(AddressInfoError(code: error.code) == error)
    }

    @Test func `no two names share a code`() {
        #expect(Set(Self.named.map(\.0.code)).count == Self.named.count)
        #expect(Self.named.allSatisfy { $0.0.code != 0 })
    }

    #if canImport(Glibc)
        @Test func `the codes are glibc's`() {
            #expect(Self.named.map(\.0.code) == [-2, -8, -6, -9, -7, -1, -3, -4, -5, -10, -12])
            // The C library's own text for the two that its header hides.
            #expect(
                String(cString: gai_strerror(AddressInfoError.noData.code)) == "No address associated with hostname"
            )
            #expect(
                String(cString: gai_strerror(AddressInfoError.addressFamily.code))
                    == "Address family for hostname not supported"
            )
        }
    #endif

    @Test func `a system error keeps errno and says it`() {
        let error = AddressInfoError.system(EMFILE)
        #expect(error.systemError == EMFILE)
        #expect(error.code == EAI_SYSTEM)
        #expect(error.description.contains("errno \(EMFILE)"))
        #expect(error.description.hasSuffix("(EAI_SYSTEM)"))
        #expect(error != .system(ENFILE))
        #expect(AddressInfoError.system(9999).description.contains("9999"))
    }

    @Test func `a code without a name is kept`() {
        #expect(AddressInfoError(code: -105).code == -105)
        #expect(AddressInfoError(code: -105).description == "the lookup failed (EAI code -105)")
    }
}
