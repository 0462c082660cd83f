internal import Wire

/// By what a later request may go on from an answer of `/v1/responses`.
struct AnswerIDs: Equatable, Sendable {
    /// Its own id.
    var response: String?
    /// The conversation it belongs to, where the provider says so.
    var conversation: String?
}
