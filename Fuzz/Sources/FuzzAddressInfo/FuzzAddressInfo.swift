// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import Glibc
import IPAddresses

/// One input: the hints in the first six bytes, then the host, then, after a 0xFF, the service.
///
/// Whatever we answer without the C library must be its answer; whatever an address prints must be read back as it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let input = FuzzedQuestion(bytes) else { return -1 }
    if let disagreement = input.disagreement() { fatalError(disagreement) }
    if let text = input.lossyText() { fatalError("\(text) is not read back") }
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// SwiftPM gives an executable's `main` this name, and libFuzzer's own would be the second.
@_cdecl("FuzzAddressInfo_main")
public func main(
    _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, testOneInput)
}
