public import Wire

/// A key as the admin API and `best keys --json` show it.
extension StoredKey {
    /// Appends `{"id", "name", "prefix", "created_at", "expires_at", "revoked_at", "last_used", "models", "limits", "weight", "tags"}`, without anything of the
    /// secret.
    ///
    /// Times are text of RFC 3339 in UTC; what is not set is null.
    ///
    /// - Parameter plaintext: The whole key, in the one answer that makes it; becomes `plaintext_key`.
    public func appendJSON(to body: inout ByteBuffer, plaintext: Secret? = nil) {
        body.append("{\"id\":")
        body.append(jsonString: id.value)
        body.append(",\"name\":")
        body.append(jsonString: name)
        body.append(",\"prefix\":")
        body.append(jsonString: prefix)
        if let plaintext {
            body.append(",\"plaintext_key\":")
            plaintext.reveal { body.append(jsonString: $0) }
        }
        body.append(",\"created_at\":")
        body.append(jsonString: createdAt.description)
        StoredKey.append(",\"expires_at\":", expiresAt, to: &body)
        StoredKey.append(",\"revoked_at\":", revokedAt, to: &body)
        StoredKey.append(",\"last_used\":", lastUsed, to: &body)
        StoredKey.append(",\"models\":", models, to: &body)
        body.append(",\"limits\":")
        limits.appendJSON(to: &body)
        body.append(",\"weight\":")
        body.append(decimal: weight)
        StoredKey.append(",\"tags\":", tags, to: &body)
        body.append("}")
    }

    private static func append(_ name: StaticString, _ time: UnixTime?, to body: inout ByteBuffer) {
        body.append(name)
        if let time { body.append(jsonString: time.description) } else { body.append("null") }
    }

    private static func append(_ name: StaticString, _ words: [String], to body: inout ByteBuffer) {
        body.append(name)
        body.append("[")
        for (index, word) in words.enumerated() {
            if index > 0 { body.append(",") }
            body.append(jsonString: word)
        }
        body.append("]")
    }
}

extension KeyLimits {
    /// Appends `{"requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day", "concurrency", "budget", "budget_period"}`; what is
    /// not limited is null, the budget is in US dollars.
    public func appendJSON(to body: inout ByteBuffer) {
        body.append("{")
        KeyLimits.append("\"requests_per_minute\":", requestsPerMinute, to: &body)
        KeyLimits.append(",\"requests_per_day\":", requestsPerDay, to: &body)
        KeyLimits.append(",\"tokens_per_minute\":", tokensPerMinute, to: &body)
        KeyLimits.append(",\"tokens_per_day\":", tokensPerDay, to: &body)
        KeyLimits.append(",\"concurrency\":", concurrency, to: &body)
        body.append(",\"budget\":")
        body.append(utf8: budget?.description ?? "null")
        body.append(",\"budget_period\":")
        if budget != nil { body.append(jsonString: budgetPeriod.rawValue) } else { body.append("null") }
        body.append("}")
    }

    private static func append(_ name: StaticString, _ limit: Int?, to body: inout ByteBuffer) {
        body.append(name)
        if let limit { body.append(decimal: limit) } else { body.append("null") }
    }
}
