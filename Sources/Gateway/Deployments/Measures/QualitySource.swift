/// Knows how good models are: the boards and the fit stand behind it. Called on the loop; it answers from memory, and at once.
public protocol QualitySource: AnyObject {
    /// The identity of what it knows now; another one after each change, so that scores made of it can be told apart.
    var snapshot: String { get }
    /// Rates a model of a provider's, by that name, as far as it is known now; to be called on any thread. A rating may take long: patterns that the
    /// operator wrote are looked for in names that a provider chose.
    var rater: @Sendable (_ model: ModelConfiguration, _ provider: String) -> QualityRating { get }
    /// The canonical name of whatever a client calls a model; `nil` when it means nothing.
    func canonicalName(of text: String) -> String?
    /// Tells the evidence behind a canonical model's quality, for people to read, as far as it is known now; to be called on any thread.
    var evidence: @Sendable (_ canonical: String) -> [QualityEvidence] { get }
}
