public import Wire

extension RestReport {
    /// Appends `{"scope", "provider", "model", "key", "for", "client_key", "reason", "cause", "evidence", "confirmed_by", "since", "until", "seconds_left",
    /// "is_word", "rung"}`; what it is not about is null. Times are text of RFC 3339 in UTC.
    public func appendJSON(to body: inout ByteBuffer) {
        body.append("{\"scope\":")
        body.append(jsonString: scope.rawValue)
        body.append(",\"provider\":")
        body.append(jsonString: provider)
        RestReport.append(",\"model\":", model, to: &body)
        RestReport.append(",\"key\":", key, to: &body)
        body.append(",\"for\":")
        switch audience {
        case .everybody: body.append("\"everybody\",\"client_key\":null")
        case .unknownClient: body.append("\"another client\",\"client_key\":null")
        case .client(let id, let name):
            body.append(jsonString: name)
            RestReport.append(",\"client_key\":", id.value, to: &body)
        }
        RestReport.append(",\"reason\":", reason, to: &body)
        RestReport.append(",\"cause\":", cause, to: &body)
        RestReport.append(",\"evidence\":", evidence, to: &body)
        RestReport.append(",\"confirmed_by\":", confirmation, to: &body)
        RestReport.append(",\"since\":", since.description, to: &body)
        RestReport.append(",\"until\":", until.description, to: &body)
        body.append(",\"seconds_left\":")
        body.append(decimal: secondsLeft)
        body.append(",\"is_word\":")
        body.append(isWord ? "true" : "false")
        body.append(",\"rung\":")
        body.append(decimal: rung)
        body.append("}")
    }

    private static func append(_ name: StaticString, _ text: String?, to body: inout ByteBuffer) {
        body.append(name)
        if let text { body.append(jsonString: text) } else { body.append("null") }
    }
}
