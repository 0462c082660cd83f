/// The names of a key's limits.
public enum KeyLimitName: String, CaseIterable, Sendable {
    case requestsPerMinute = "requests_per_minute"
    case requestsPerDay = "requests_per_day"
    case tokensPerMinute = "tokens_per_minute"
    case tokensPerDay = "tokens_per_day"
    case concurrency
    case budget
}
