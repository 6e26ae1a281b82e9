// SPDX-License-Identifier: Apache-2.0

#if Configuration
    public import Configuration
    public import FairDial
    import GetAddrInfo
    import IPAddresses

    @available(FairDial 0.1, *)
    extension DialerConfiguration {
        /// A configuration with what a program's configuration says, and the defaults for what it does not.
        ///
        /// | key | value | sets |
        /// |---|---|---|
        /// | `timeouts.queue`, `timeouts.lookup`, `timeouts.connect`, `timeouts.handshake` | duration | `timeouts` |
        /// | `race.attemptDelay`, `race.resolutionDelay` | duration | the same of `race` |
        /// | `race.concurrentAttemptLimit` | 1 … | `race.concurrentAttemptLimit` |
        /// | `strictness` | `system` or `strict` | `strictness` |
        /// | `policy.publicInternetOnly` | boolean | `policy` |
        /// | `policy.allowed`, `policy.denied` | networks, such as `10.0.0.0/8` | `policy` |
        ///
        /// A duration is a number and a unit, `250ms`, `5s`, `1.5s`, `100us`, `2m`, or a number alone, of seconds. It
        /// is not negative, and at most a year. With networks in `policy.allowed` and `publicInternetOnly` not set,
        /// only they may be dialed.
        ///
        /// - Parameter config: scoped to the dialer's own keys: `config.scoped(to: "dialer")`.
        /// - Throws: `ConfigurationFault`, which names the key and not the value, for a value that is none of these.
        public init(config: ConfigReader) throws {
            self.init()
            try setTimeouts(from: config.scoped(to: "timeouts"))
            try setRace(from: config.scoped(to: "race"))
            try setPolicy(from: config.scoped(to: "policy"))
            if let word = try config.text("strictness", in: "") {
                switch word {
                case "system": strictness = .system
                case "strict": strictness = .strict
                default: throw ConfigurationFault(key: "strictness", wanted: "system or strict")
                }
            }
        }

        private mutating func setTimeouts(from config: ConfigReader) throws {
            if let queue = try config.duration("queue", in: "timeouts") { timeouts.queue = queue }
            if let lookup = try config.duration("lookup", in: "timeouts") { timeouts.lookup = lookup }
            if let connect = try config.duration("connect", in: "timeouts") { timeouts.connect = connect }
            if let handshake = try config.duration("handshake", in: "timeouts") { timeouts.handshake = handshake }
        }

        private mutating func setRace(from config: ConfigReader) throws {
            if let delay = try config.duration("attemptDelay", in: "race") { race.attemptDelay = delay }
            if let delay = try config.duration("resolutionDelay", in: "race") { race.resolutionDelay = delay }
            if let text = try config.text("concurrentAttemptLimit", in: "race") {
                guard let number = Int(text), number >= 1 else {
                    throw ConfigurationFault(
                        key: "race.concurrentAttemptLimit",
                        wanted: "a whole number from 1 on"
                    )
                }
                race.concurrentAttemptLimit = number
            }
        }

        private mutating func setPolicy(from config: ConfigReader) throws {
            let allowed = try config.networks("allowed", in: "policy")
            let denied = try config.networks("denied", in: "policy")
            var isPublicOnly = false
            // A file's boolean may also be had as a number, so it is asked for as what it is.
            if let isOn = config.bool(forKey: "publicInternetOnly") {
                isPublicOnly = isOn
            } else if try config.text("publicInternetOnly", in: "policy") != nil {
                throw ConfigurationFault(key: "policy.publicInternetOnly", wanted: "true or false")
            }
            guard isPublicOnly || allowed != nil || denied != nil else { return }
            let elsewhere: AddressPolicy.Elsewhere =
                isPublicOnly ? .publicInternet : allowed == nil ? .allowed : .denied
            policy = AddressPolicy(allowed: allowed ?? [], denied: denied ?? [], elsewhere: elsewhere)
        }
    }

    @available(FairDial 0.1, *)
    extension ConfigReader {
        /// A value as text, of whatever type its provider has it: a reader says nothing of a value that is of another
        /// type than it was asked for.
        ///
        /// - Throws: where it is a list.
        fileprivate func text(_ key: String, in scope: String) throws(ConfigurationFault) -> String? {
            let path = ConfigKey(key)
            if let text = string(forKey: path) { return text }
            if let number = int(forKey: path) { return "\(number)" }
            if let number = double(forKey: path) { return ConfiguredDuration.text(of: number) }
            if let isOn = bool(forKey: path) { return "\(isOn)" }
            guard stringArray(forKey: path) == nil, intArray(forKey: path) == nil, doubleArray(forKey: path) == nil,
                boolArray(forKey: path) == nil, bytes(forKey: path) == nil, byteChunkArray(forKey: path) == nil
            else { throw ConfigurationFault(key: Self.name(key, in: scope), wanted: "a single value") }
            return nil
        }

        fileprivate func duration(_ key: String, in scope: String) throws(ConfigurationFault) -> Duration? {
            guard let text = try text(key, in: scope) else { return nil }
            guard let duration = ConfiguredDuration(text)?.duration else {
                throw ConfigurationFault(
                    key: Self.name(key, in: scope),
                    wanted: "a duration from 0 to a year, such as 250ms, 5s or 1.5"
                )
            }
            return duration
        }

        fileprivate func networks(_ key: String, in scope: String) throws(ConfigurationFault) -> [IPNetwork]? {
            let texts: [String]
            if let list = stringArray(forKey: ConfigKey(key)) {
                texts = list
            } else if let text = try text(key, in: scope) {
                texts = [text]
            } else {
                return nil
            }
            var networks: [IPNetwork] = []
            for text in texts {
                guard let network = try? IPNetwork(text) else {
                    throw ConfigurationFault(
                        key: Self.name(key, in: scope),
                        wanted: "a network, such as 10.0.0.0/8"
                    )
                }
                networks.append(network)
            }
            return networks
        }

        private static func name(_ key: String, in scope: String) -> String { scope.isEmpty ? key : "\(scope).\(key)" }
    }
#endif
