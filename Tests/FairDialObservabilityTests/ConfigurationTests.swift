// SPDX-License-Identifier: Apache-2.0

#if Configuration
    import Configuration
    import FairDial
    import FairDialObservability
    import GetAddrInfo
    import IPAddresses
    import Testing

    /// A dialer's configuration from a program's: documented keys, and nonsense throws.
    @Suite struct `A configuration that is read` {
        private static func configuration(
            _ values: [AbsoluteConfigKey: ConfigValue]
        ) throws -> DialerConfiguration {
            try DialerConfiguration(config: ConfigReader(provider: InMemoryProvider(values: values)))
        }

        @Test func `sets what it says, and leaves the rest`() throws {
            let configuration = try Self.configuration([
                "timeouts.lookup": "1.5s", "timeouts.connect": "250ms", "timeouts.queue": 2,
                "race.attemptDelay": "100 ms", "race.concurrentAttemptLimit": 3, "strictness": "strict",
            ])
            let defaults = DialerConfiguration()
            #expect(configuration.timeouts.lookup == .milliseconds(1_500))
            #expect(configuration.timeouts.connect == .milliseconds(250))
            #expect(configuration.timeouts.queue == .seconds(2))
            #expect(configuration.timeouts.handshake == defaults.timeouts.handshake)
            #expect(configuration.race.attemptDelay == .milliseconds(100))
            #expect(configuration.race.concurrentAttemptLimit == 3)
            #expect(configuration.strictness == .strict)
            #expect(configuration.policy == nil)
            #expect(try Self.configuration(["timeouts.queue": 0.00001]).timeouts.queue == .microseconds(10))
        }

        @Test func `sets a policy`() throws {
            let isPublic = try Self.configuration(["policy.publicInternetOnly": true]).policy
            #expect(isPublic?.veto(of: try IPAddress("127.0.0.1")) != nil)
            #expect(isPublic?.veto(of: try IPAddress("1.1.1.1")) == nil)
            let lists = try Self.configuration([
                "policy.allowed": .init(.stringArray(["10.0.0.0/8"]), isSecret: false),
                "policy.denied": "10.1.0.0/16",
            ]).policy
            #expect(lists?.veto(of: try IPAddress("10.2.0.1")) == nil)
            #expect(lists?.veto(of: try IPAddress("10.1.0.1")) != nil)
            #expect(lists?.veto(of: try IPAddress("1.1.1.1")) != nil)
            let denied = try Self.configuration(["policy.denied": "10.1.0.0/16"]).policy
            #expect(denied?.veto(of: try IPAddress("1.1.1.1")) == nil)
        }

        @Test(
            arguments: [
                ("timeouts.connect", ConfigValue("soon", isSecret: false)), ("timeouts.connect", "-1s"),
                ("timeouts.connect", -1), ("timeouts.lookup", "1e99"), ("timeouts.lookup", "inf"),
                ("timeouts.lookup", "nan"), ("timeouts.queue", "9223372036854775807h"), ("timeouts.queue", ""),
                ("timeouts.handshake", "s"), ("timeouts.handshake", "5 parsecs"), ("timeouts.handshake", true),
                ("race.attemptDelay", "0x10"), ("race.concurrentAttemptLimit", 0),
                ("race.concurrentAttemptLimit", "many"),
                ("strictness", "lax"), ("policy.publicInternetOnly", "perhaps"), ("policy.denied", "10.0.0.0/99"),
                ("policy.allowed", "everything"), ("timeouts.lookup", .init(.stringArray(["5s"]), isSecret: false)),
            ] as [(String, ConfigValue)]
        )
        func `refuses nonsense, and names the key`(key: String, value: ConfigValue) throws {
            let absolute = AbsoluteConfigKey(key.split(separator: ".").map(String.init))
            let fault = #expect(throws: ConfigurationFault.self) { try Self.configuration([absolute: value]) }
            #expect(fault?.key == key)
            #expect("\(try #require(fault))".hasPrefix("\(key): "))
        }

        @Test(arguments: [
            "timeouts.connect", "race.attemptDelay", "race.concurrentAttemptLimit", "strictness",
            "policy.publicInternetOnly", "policy.allowed", "policy.denied",
        ])
        func `never shows a value, for it may be marked as secret`(key: String) throws {
            let absolute = AbsoluteConfigKey(key.split(separator: ".").map(String.init))
            let contents: [ConfigContent] = [.string("hunter2"), .stringArray(["10.0.0.0/8", "hunter2"])]
            for content in contents {
                let fault = #expect(throws: ConfigurationFault.self) {
                    try Self.configuration([absolute: ConfigValue(content, isSecret: true)])
                }
                var dumped = ""
                dump(try #require(fault), to: &dumped)
                #expect(!"\(try #require(fault)) \(dumped)".contains("hunter2"))
            }
        }
    }
#endif
