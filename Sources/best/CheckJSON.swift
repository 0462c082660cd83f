internal import Configuration
internal import Gateway
internal import Wire

/// What `best check --json` writes: one object, for scripts.
///
/// ```json
/// {"ok":true,"providers":[{"name":"groq","base_url":"https://…","usable":true,"keys":{"found":1,"missing":[]},
///   "models":{"source":"fixed","count":2},"limits":{"requests_per_minute":30},
///   "live":[{"key":"GROQ_API_KEY","ok":true,"models":24,"answer":"ok, 24 models"}]}],"problems":[…],"warnings":[…]}
/// ```
struct CheckJSON {
    private let report: CheckReport

    init(_ report: CheckReport) {
        self.report = report
    }

    /// The object, on one line.
    var text: String {
        var buffer = ByteBuffer(capacity: 16 * 1024)
        let problems = report.loaded.obstacles()
        let isLive = report.findings?.contains(where: \.isFailure) != true
        buffer.append(problems.isEmpty && isLive ? "{\"ok\":true" : "{\"ok\":false")
        buffer.append(",\"providers\":")
        append(report.loaded.resolved, to: &buffer, append)
        buffer.append(",\"problems\":")
        append(problems, to: &buffer, append)
        buffer.append(",\"warnings\":")
        append(report.loaded.warnings, to: &buffer, append)
        buffer.append("}")
        return buffer.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    private func append(_ provider: ResolvedProvider, _ buffer: inout ByteBuffer) {
        let configuration = provider.configuration
        buffer.append("{\"name\":")
        buffer.append(jsonString: configuration.name)
        buffer.append(",\"base_url\":")
        buffer.append(jsonString: configuration.baseURL.text)
        buffer.append(provider.isSkipped ? ",\"usable\":false" : ",\"usable\":true")
        buffer.append(",\"keys\":{\"found\":")
        buffer.append(decimal: configuration.keys.count)
        buffer.append(",\"missing\":")
        append(provider.missingKeys, to: &buffer) { $1.append(jsonString: $0) }
        buffer.append("},\"models\":")
        appendModels(configuration, &buffer)
        buffer.append(",\"limits\":{")
        for (place, limit) in configuration.limits.named.enumerated() {
            if place > 0 { buffer.append(",") }
            buffer.append(jsonString: limit.key)
            buffer.append(":")
            buffer.append(decimal: limit.value)
        }
        buffer.append("}")
        if let findings = report.findings {
            buffer.append(",\"live\":")
            append(findings.filter { $0.provider == configuration.name }, to: &buffer, append)
        }
        buffer.append("}")
    }

    private func appendModels(_ provider: ProviderConfiguration, _ buffer: inout ByteBuffer) {
        if let models = provider.models {
            buffer.append("{\"source\":\"fixed\",\"count\":")
            buffer.append(decimal: models.count)
        } else if let list = report.kept(for: provider) {
            buffer.append("{\"source\":\"discovered\",\"count\":")
            buffer.append(decimal: list.count)
            buffer.append(",\"fetched_at\":")
            buffer.append(decimal: list.fetchedAt)
        } else {
            buffer.append("{\"source\":\"unknown\"")
        }
        buffer.append("}")
    }

    private func append(_ finding: LiveCheck.Finding, _ buffer: inout ByteBuffer) {
        buffer.append("{\"key\":")
        if let variable = finding.variable { buffer.append(jsonString: variable) } else { buffer.append("null") }
        buffer.append(finding.isFailure ? ",\"ok\":false" : ",\"ok\":true")
        if case .models(let ids, _) = finding.answer {
            buffer.append(",\"models\":")
            buffer.append(decimal: ids.count)
        }
        buffer.append(",\"answer\":")
        buffer.append(jsonString: CheckReport.sentence(finding))
        buffer.append("}")
    }

    private func append(_ problem: Problem, _ buffer: inout ByteBuffer) {
        buffer.append("{\"file\":")
        buffer.append(jsonString: problem.file)
        if let line = problem.line {
            buffer.append(",\"line\":")
            buffer.append(decimal: line)
        }
        buffer.append(",\"key\":")
        buffer.append(jsonString: problem.keyPath)
        buffer.append(",\"found\":")
        buffer.append(jsonString: problem.found)
        buffer.append(",\"expected\":")
        buffer.append(jsonString: problem.expected)
        buffer.append("}")
    }

    private func append<Element>(_ elements: [Element], to buffer: inout ByteBuffer, _ append: (Element, inout ByteBuffer) -> Void) {
        buffer.append("[")
        for (place, element) in elements.enumerated() {
            if place > 0 { buffer.append(",") }
            append(element, &buffer)
        }
        buffer.append("]")
    }
}
