extension ProviderConfiguration {
    /// Everything about the provider that nobody may be shown: its keys, what its header fields hold, and the credentials of the proxies.
    var secrets: [Secret] { keys.map(\.value) + headers.flatMap(\.secrets) + proxyCredentials }
}

extension ConfiguredHeader {
    /// A value of fewer bytes is a switch or a number, which text may hold for any reason.
    private static let leastBytes = 4
    /// The same for a word of a value.
    private static let leastWordBytes = 8
    /// The one value that is no secret and that errors speak of.
    private static let usualValue = "application/json"

    /// The value, and its words where it has several: of `Bearer abc…` a provider may quote the second alone.
    fileprivate var secrets: [Secret] {
        value.reveal { text in
            guard text.utf8.count >= ConfiguredHeader.leastBytes, text != ConfiguredHeader.usualValue else { return [] }
            let words = text.split { " \t,;=".contains($0) }.filter { $0.utf8.count >= ConfiguredHeader.leastWordBytes }
            return [value] + words.map { Secret(String($0)) }
        }
    }
}
