// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings

/// What a client says when it greets a server: the same on each of its connections.
struct GreetingSettings: Sendable {
    /// What the server's log calls this program.
    var appName: String?
    /// Who the client says it is; `nil` for nobody.
    var credential: Credential?
    var serverInterface: ServerInterface?
    var isLoadBalanced = false

    /// The first hello.
    ///
    /// - Parameter speculation: the first message of the talk that proves who the client is, `nil` for none.
    func hello(speculation: BSONDocument?) -> (document: BSONDocument, isQuery: Bool) {
        let isModern = serverInterface != nil || isLoadBalanced
        var elements: [(String, BSONValue)] = [(isModern ? "hello" : "isMaster", 1)]
        if isModern { elements.append(("$db", "admin")) } else { elements.append(("helloOk", true)) }
        if let serverInterface {
            elements.append(("apiVersion", .string(serverInterface.version)))
            if let isStrict = serverInterface.isStrict { elements.append(("apiStrict", .bool(isStrict))) }
            if let errors = serverInterface.deprecationErrors {
                elements.append(("apiDeprecationErrors", .bool(errors)))
            }
        }
        if isLoadBalanced { elements.append(("loadBalanced", true)) }
        elements.append(("client", .document(metadata)))
        elements.append(("compression", []))
        if let credential, credential.mechanism == nil, let username = credential.username {
            elements.append(("saslSupportedMechs", .string("\(credential.source).\(username.value)")))
        }
        if let speculation { elements.append(("speculativeAuthenticate", .document(speculation))) }
        return (BSONDocument(pairs: elements), !isModern)
    }

    /// - Source: the drivers' specification "MongoDB Handshake"; 512 bytes at most.
    private var metadata: BSONDocument {
        #if os(Linux)
            let system = "Linux"
        #elseif os(macOS)
            let system = "Darwin"
        #else
            let system = "unknown"
        #endif
        var elements: [(String, BSONValue)] = []
        if let appName { elements.append(("application", ["name": .string(Self.first(128, of: appName))])) }
        elements.append(("driver", ["name": "FairDial MongoClient", "version": "0.1"]))
        elements.append(("os", ["type": .string(system)]))
        elements.append(("platform", "Swift"))
        return BSONDocument(pairs: elements)
    }

    /// Cut between characters.
    private static func first(_ limit: Int, of text: String) -> String {
        var text = text
        while text.utf8.count > limit { text.removeLast() }
        return text
    }
}

extension BSONDocument {
    /// A document of keys that are our own words.
    init(pairs: [(String, BSONValue)]) {
        let made = try? BSONWriter.document(limits: Wire.commandLimits) { writer throws(BSONError) in
            for (key, value) in pairs { try writer.append(value, forKey: key) }
        }
        self = made ?? BSONDocument()
    }
}
