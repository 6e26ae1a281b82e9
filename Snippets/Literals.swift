// SPDX-License-Identifier: Apache-2.0

// What getaddrinfo would say about a numeric host, without calling it.

import GetAddrInfo
import NameResolution

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

let stream: Int32 = 1  // SOCK_STREAM, whose type differs between C libraries
let question = AddressInfoQuestion(host: "fe80::1%eth0", service: "https", socketType: stream, flags: AI_ADDRCONFIG)
switch question.numericAnswer(knowing: .system()) {
case .answered(let entries): for entry in entries { print(entry.endpoint) }  // what the call would give, in its order
case .failed(let error): print(error)  // the call's own EAI_ error
case .refused(let form): print(form)  // only where strictness is .strict
case .needsLookup: print("a name: ask a resolver")
}
