// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import Foundation
import GetAddrInfo
import IPAddresses

/// The answers of `resolve --batch`, gathered and written together.
struct BatchAnswers {
    private var bytes: [UInt8] = []

    private static let enough = 64 * 1024

    /// Adds an answer; `error` is the platform's own number, 0 for none and `nil` where there is no telling.
    mutating func add(error: Int32?, source: StaticString, infos: AddressInfoList) {
        append("{\"error\":")
        if let error { append(Int(error)) } else { append("null") }
        append(",\"source\":\"")
        append(source)
        append("\",\"results\":[")
        var isFirst = true
        for info in infos {
            if !isFirst { append(",") }
            append(info)
            append(",\"canonname\":")
            appendJSON(isFirst ? infos.canonicalName : nil)
            append("}")
            isFirst = false
        }
        append("]}\n")
        if bytes.count >= Self.enough { flush() }
    }

    /// Writes what has been gathered.
    mutating func flush() {
        guard !bytes.isEmpty else { return }
        StandardStreams.say(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    private mutating func append(_ info: AddressInfo) {
        let (family, scope) =
            switch info.endpoint.address {
            case .v4: (AF_INET, 0)
            case .v6(_, zone: .index(let index)?): (AF_INET6, Int(index))
            case .v6: (AF_INET6, 0)
            }
        append("{\"family\":")
        append(Int(family))
        append(",\"socktype\":")
        append(Int(info.socketType))
        append(",\"protocol\":")
        append(Int(info.protocolNumber))
        append(",\"address\":\"")
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IPv6Address.longestText) { text in
            let count =
                switch info.endpoint.address {
                case .v4(let address): address.write(to: text)
                case .v6(let address, _): address.write(to: text)
                }
            bytes.append(contentsOf: text[..<count])
        }
        append("\",\"port\":")
        append(Int(info.endpoint.port))
        append(",\"flowinfo\":")
        append(Int(info.flowInfo))
        append(",\"scope_id\":")
        append(scope)
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func appendJSON(_ text: String?) {
        bytes.append(contentsOf: JSONLine.optional(text).rendered.utf8)
    }

    private mutating func append(_ number: Int) {
        if 0..<10 ~= number {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }
}
