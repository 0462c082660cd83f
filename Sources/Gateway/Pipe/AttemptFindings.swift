internal import Wire

/// What one attempt's answer said beside its content. It belongs to the attempt: what another deployment is told or said is none of it.
struct AttemptFindings {
    /// The tokens, as the provider reports them.
    var usage: Usage?
    /// The id of an answer of `/v1/responses`, by which a later request may go on from it.
    var responseID: String?
    /// Bytes of a whole answer that has come.
    var answerBytes = 0
    /// Events of the stream that carried content.
    var contentEvents = 0
    /// Bytes of content in them, without what stands around it in each.
    var contentBytes = 0
}
