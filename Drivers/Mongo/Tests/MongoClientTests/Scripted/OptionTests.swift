// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@testable import ConnectionStrings
@testable import MongoClient

/// No option is passed over in silence.
@Suite struct `Options of the connection string` {
    /// A value of each option that is good, besides what it needs to be so.
    private static func example(_ name: String, _ kind: OptionKind) -> String {
        switch name {
        case "tls": return "tls=true"
        case "authmechanism": return "authMechanism=SCRAM-SHA-256"
        case "readpreferencetags", "maxstalenessseconds":
            return "readPreference=secondary&\(name)=\(name == "maxstalenessseconds" ? "100" : "dc:a")"
        case "proxyport", "proxyusername", "proxypassword":
            return "proxyHost=p&proxyUsername=u&proxyPassword=p&proxyPort=1"
        case "authmechanismproperties": return "\(name)=SERVICE_NAME:other"
        default: break
        }
        switch kind {
        case .bool: return "\(name)=true"
        case .number(let range): return "\(name)=\(max(range.lowerBound, 1))"
        case .text, .secret: return "\(name)=x"
        case .word(let words): return "\(name)=\(words.first ?? "")"
        case .words(let words): return "\(name)=\(words.first ?? "")"
        case .tags, .properties: return "\(name)=a:b"
        case .numberOrText: return "\(name)=1"
        }
    }

    /// What the client does as it is asked.
    private static let honoured: Set<String> = [
        "appname", "authmechanism", "authsource", "connecttimeoutms", "directconnection", "heartbeatfrequencyms",
        "journal", "localthresholdms", "maxconnecting", "maxidletimems", "maxpoolsize", "maxstalenessseconds",
        "minpoolsize", "readconcernlevel", "readpreference", "readpreferencetags", "replicaset", "retryreads",
        "retrywrites", "serverselectiontimeoutms", "sockettimeoutms", "srvmaxhosts", "srvservicename", "timeoutms",
        "tls", "w", "waitqueuetimeoutms", "wtimeoutms",
        // Polling is what there is: `auto` and `poll`.
        "servermonitoringmode",
        // Of mechanisms that are refused.
        "authmechanismproperties",
    ]

    @Test(arguments: OptionKind.known.keys.sorted())
    func `each is honoured, named in a warning, or refused`(_ name: String) throws {
        let kind = try #require(OptionKind.known[name])
        let scheme = name.hasPrefix("srv") ? "mongodb+srv://u:p@c.example.test" : "mongodb://u:p@127.0.0.1"
        let string = try ConnectionString("\(scheme)/?\(Self.example(name, kind))")
        #expect(string.warnings.isEmpty)
        do {
            let client = try MongoClient(string, configuration: MongoClientConfiguration())
            let isNamed = client.warnings.contains { $0.lowercased().hasPrefix("\(name):") }
            #expect(isNamed != Self.honoured.contains(name), "\(name): \(client.warnings)")
        } catch let error as MongoError {
            #expect([.unsupported, .invalidArgument].contains(error.code))
            #expect(!Self.honoured.contains(name), "\(error)")
        }
    }

    @Test func `the stream that the monitors do not have is named`() throws {
        #expect(try MongoClient("mongodb://h/?serverMonitoringMode=stream").warnings.count == 1)
    }

    @Test(arguments: ["tlsCAFile", "tlsCertificateKeyFile", "tlsCertificateKeyFilePassword"])
    func `files for TLS without TLS are refused: a password would go out in plain text`(_ option: String) throws {
        for uri in [
            "mongodb://h/?\(option)=x", "mongodb://h/?tls=false&\(option)=x",
            "mongodb+srv://c.example.test/?tls=false&\(option)=x",
        ] {
            let error = #expect(throws: MongoError.self) { _ = try MongoClient(uri) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message == "\(option) needs tls=true")
        }
    }

    @Test(arguments: ["tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"])
    func `what loosens TLS says nothing without it`(_ option: String) throws {
        let plain = try MongoClient("mongodb://h/?\(option)=true").warnings
        #expect(plain == ["\(option): without tls=true, it says nothing, and connections are not encrypted"])
        #expect(try MongoClient("mongodb://h/?tls=true&\(option)=true").warnings.isEmpty)
    }
}
