/// Who can have caused a failure. What a client can cause is never held against a provider for the others on that client's account alone.
///
/// | cause | for example | what follows |
/// | --- | --- | --- |
/// | `provider` | a refused connection, a certificate that does not verify, a limit that was met | counts for everybody; of a limit that one client alone has met the others find out (`LoneLimit`) |
/// | `either` | 5xx, silence, an empty answer, a 403 in unknown words, a limit on tokens of which something is left | counts for the client that met it; for everybody once a second client has met it |
/// | `request` | a mistake, a prompt that is too long, refused content | counts for nobody |
/// | `gateway` | its own bounds in time, an answer that had begun and took too long in all, a lack of descriptors, the patience of a client | counts for nobody |
public enum FailureCause: UInt8, Hashable, Sendable {
    /// The provider or the way to it, whatever the request holds.
    case provider
    /// The provider, or what the request holds.
    case either
    /// The request.
    case request
    /// The gateway, or how long its client wants to wait.
    case gateway
}

extension FailureClass {
    /// Who can have caused a failure of this class when nothing more is known of it.
    var usualCause: FailureCause {
        switch self {
        case .unreachable, .timeout(.connect), .rateLimited: .provider
        // Bad keys and empty accounts are the provider's affair, but a parameter that needs a verified account or a longer answer than the credit
        // pays for brings the same answers.
        case .credential, .quota: .either
        case .noAnswer, .timeout, .overloaded, .unavailable, .denied, .modelGone, .unknownRoute, .malformed, .empty, .errorInAnswer: .either
        case .request, .contentRefused, .contextLength, .unsupportedParameter, .unaffordable, .garbled: .request
        case .local: .gateway
        }
    }
}
