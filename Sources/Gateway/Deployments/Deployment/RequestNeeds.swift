internal import Wire

/// What one request needs of a deployment.
struct RequestNeeds: Equatable {
    /// Bytes of a request for one token of its prompt, roughly: OpenAI's rule of thumb for English text.
    private static let bytesPerToken = 4

    let endpoint: Endpoint
    var abilities: Abilities.Needs
    /// The tokens of prompt and answer together, as estimated; 0 when the bytes tell nothing, as with pictures.
    var tokens: Int
    let size: PromptSize
    /// The most a million tokens may cost, in US dollars.
    var maximumPromptPrice: Double?
    /// See `maximumPromptPrice`.
    var maximumCompletionPrice: Double?

    init(_ envelope: RequestEnvelope, endpoint: Endpoint, bytes: Int) {
        self.endpoint = endpoint
        abilities = .endpoint(endpoint)
        if envelope.hasTools { abilities.insert(.tools) }
        if envelope.hasImages { abilities.insert(.images) }
        if envelope.hasAudio { abilities.insert(.audio) }
        if envelope.hasFiles { abilities.insert(.files) }
        switch envelope.responseFormat {
        case .jsonObject: abilities.insert(.json)
        case .jsonSchema: abilities.insert(.schemas)
        case .free, .other: break
        }
        let hasMedia = envelope.hasMedia
        tokens =
            hasMedia || endpoint.modelKind != .chat ? 0 : (bytes / RequestNeeds.bytesPerToken).addingClamped(envelope.outputLimit(of: endpoint) ?? 0)
        // Pictures are bytes that no model reads as such.
        size = hasMedia ? .small : PromptSize(bytes: bytes)
    }

    /// Demands that what is needed is stated by the provider and not only not denied.
    mutating func requireStatements() {
        if abilities.contains(.tools) { abilities.insert(.statedTools) }
        if abilities.contains(.json) { abilities.insert(.statedJSON) }
        if abilities.contains(.schemas) { abilities.insert(.statedSchemas) }
    }
}
