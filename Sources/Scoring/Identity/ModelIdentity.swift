/// The model that a name stands for, in parts: the same model under the names of different providers and boards
/// gives the same identity.
///
/// Two names are never compared by one containing the other: `solar-pro3` is the words *solar*, *pro*, *3*, and `o3` is the word *o3*.
///
/// | name | words | size | stamp | mode |
/// | --- | --- | --- | --- | --- |
/// | `anthropic/claude-sonnet-4.5`, `us.anthropic.claude-4-5-sonnet-v1:0` | claude sonnet 4.5 | | | |
/// | `Qwen/Qwen3-235B-A22B-Thinking-2507-TEE` | qwen 3 | 235b | 2025-07 | thinking |
/// | `ollama/qwen2.5-coder:32b-instruct-q8_0` | qwen 2.5 coder | 32b | | |
///
/// ```swift
/// let bedrock = ModelIdentity(parsing: "us.anthropic.claude-4-5-sonnet-v1:0")
/// let router = ModelIdentity(parsing: "anthropic/claude-sonnet-4.5")
/// let isSame = bedrock.key == router.key  // true
/// let name = router.canonical  // "claude-sonnet-4.5"
/// ```
public struct ModelIdentity: Hashable, Sendable {
    /// The maker, by the name's family or the path before it; `nil` if neither says.
    public var vendor: String?
    /// The words that identify it, family and version first; compare by `key`.
    public var words: [String]
    /// The size.
    public var parameters: ParameterCount
    /// The date or revision.
    public var stamp: DateStamp?
    /// Whether it thinks, if the name says so.
    public var mode: ReasoningMode?
    /// How much it thinks, if the name says so.
    public var effort: ReasoningEffort?
    /// Whether the name says `preview`.
    public var isPreview: Bool
    /// The packing of the weights, such as `fp8`; it does not make a different model.
    public var quantisation: String?
    /// How the provider serves it, such as `tee`, `turbo`, `free`; it does not make a different model.
    public var serving: [String]
    /// Whether the name joins several models (`A + B`), so that no single model's quality can be read from it.
    public var isComposite: Bool

    /// The family, such as `claude`; the first word.
    public var family: String { words.first ?? "" }

    /// The first word that is a number, with or without one letter: `4.5`, `k2.6`, `4o`.
    public var version: String? { words.first { $0.utf8.contains(where: isDigit) } }

    /// The words besides family and version, such as `mini` or `coder`.
    public var variants: [String] { words.dropFirst().filter { $0 != version } }

    /// Equal for two names of one model: the words in any order, the size, the mode and the stamp.
    public var key: IdentityKey {
        IdentityKey(words: words.sorted(), size: parameters.text, mode: mode, stamp: stamp, isPreview: isPreview)
    }

    /// The name that stands for the model everywhere, such as `claude-sonnet-4.5` or `gpt-4o-2024-08-06`.
    public var canonical: String {
        var parts = words
        if let size = parameters.text { parts.append(size) }
        if let mode { parts.append(mode.rawValue) }
        if isPreview { parts.append("preview") }
        if let stamp { parts.append(stamp.text) }
        return parts.isEmpty ? "unnamed" : parts.joined(separator: "-")
    }
}

/// The part of an identity that distinguishes models.
public struct IdentityKey: Hashable, Sendable {
    /// The words, sorted.
    public var words: [String]
    /// The size as text.
    public var size: String?
    /// The mode.
    public var mode: ReasoningMode?
    /// The date or revision.
    public var stamp: DateStamp?
    /// Whether it is the preview of a model.
    public var isPreview: Bool

    /// What the releases of one model have in common: the words and the size. A name without a version
    /// (`mistral-large-2411`) has only its date to distinguish it from the next model, so there the date stays.
    var base: IdentityKey {
        let hasVersion = words.contains { $0.utf8.contains(where: isDigit) }
        return IdentityKey(words: words, size: size, mode: nil, stamp: hasVersion ? nil : stamp, isPreview: false)
    }
}
