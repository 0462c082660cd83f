internal import EventLoop
internal import HTTPServer
internal import Wire

/// Model lists and the control endpoints.
extension MockProvider {
    /// Answers every request that is not for text or vectors.
    func control(_ route: MockRoute, _ exchange: HTTPExchange, at site: MockSite) {
        reply.removeAll()
        let method = exchange.method
        let changes = route.endpoint == .config || route.endpoint == .reset
        if route.endpoint != .unknown, changes ? method != .post : method != .get && method != .head {
            return refuse(MockRefusal(status: 405, message: changes ? "Use POST." : "Use GET."), on: exchange, at: site)
        }
        switch route.endpoint {
        case .models, .model:
            site.counters.requests += 1
            guard site.accepts(authorization: exchange.field("authorization")) else {
                return refuse(MockRefusal(status: 401, message: "Incorrect API key provided."), on: exchange, at: site)
            }
            guard route.endpoint == .model else {
                appendModels(of: site)
                break
            }
            let id = decode(exchange.path.extracting(droppingFirst: route.modelStart))
            guard let model = site.provider.models.first(where: { $0.id == id }) else {
                return refuse(MockRefusal(status: 404, message: "The model '\(id)' does not exist", code: "model_not_found"), on: exchange, at: site)
            }
            append(model, of: site)
        case .stats: appendStatistics()
        case .last:
            last.body.copy(to: &reply.body)
            reply.fields.append("x-mock-path: ")
            last.path.copy(to: &reply.fields)
            reply.fields.append("\r\n")
            reply.fields.append("x-mock-authorization: ")
            last.authorization.copy(to: &reply.fields)
            reply.fields.append("\r\n")
        case .journal: journal.take(into: &reply.body)
        case .config:
            do throws(MockScriptError) {
                let script = exchange.query.text
                for changed in sites where route.provider == nil || changed.index == route.provider { try changed.apply(script) }
            } catch {
                return refuse(MockRefusal(status: 400, message: error.description, code: "mock_script"), on: exchange, at: site)
            }
            reply.body.append("{}")
        case .reset:
            for changed in sites where route.provider == nil || changed.index == route.provider { changed.reset() }
            reply.body.append("{}")
        case .probe:
            reply.body.append("{\"status\":\"ok\",\"model_path\":\"mock-model\",\"served_model_name\":\"mock-model\",\"is_generation\":true}")
        case .chat, .completions, .embeddings, .unknown:
            return refuse(MockRefusal(status: 404, message: "Invalid URL (\(exchange.path.text))", code: "unknown_url"), on: exchange, at: site)
        }
        _ = reply.send(on: exchange)
    }

    private func appendModels(of site: MockSite) {
        reply.body.append("{\"object\":\"list\",\"data\":[")
        for (index, model) in site.provider.models.enumerated() {
            if index > 0 { reply.body.append(",") }
            append(model, of: site)
        }
        reply.body.append("]}")
    }

    /// Appends a model as OpenRouter lists it, which extends OpenAI's form.
    private func append(_ model: MockFleet.Model, of site: MockSite) {
        reply.body.append("{\"id\":")
        reply.body.append(jsonString: model.id)
        reply.body.append(",\"object\":\"model\",\"created\":")
        reply.body.append(decimal: MockText.created)
        reply.body.append(",\"owned_by\":")
        reply.body.append(jsonString: site.provider.name)
        if model.contextLength > 0 {
            reply.body.append(",\"context_length\":")
            reply.body.append(decimal: model.contextLength)
        }
        reply.body.append(",\"architecture\":{\"input_modalities\":[")
        for (index, modality) in model.inputModalities.enumerated() {
            if index > 0 { reply.body.append(",") }
            reply.body.append(jsonString: modality)
        }
        reply.body.append("],\"output_modalities\":[\"text\"]}}")
    }

    private func appendStatistics() {
        let total = sites.reduce(MockCounters()) { $0 + $1.counters }
        reply.body.append("{\"accepted\":")
        reply.body.append(decimal: acceptedConnections)
        reply.body.append(",\"open\":")
        reply.body.append(decimal: openConnections())
        reply.body.append(",")
        total.append(to: &reply.body)
        reply.body.append(",\"last_model\":\"")
        last.model.copyEscaped(to: &reply.body)
        reply.body.append("\",\"last_auth\":\"")
        last.authorization.copyEscaped(to: &reply.body)
        reply.body.append("\",\"last_path\":\"")
        last.path.copyEscaped(to: &reply.body)
        reply.body.append("\",\"last_body_bytes\":")
        reply.body.append(decimal: last.body.count)
        reply.body.append(",\"providers\":{")
        for site in sites {
            if site.index > 0 { reply.body.append(",") }
            reply.body.append(jsonString: site.provider.name)
            reply.body.append(":{")
            site.counters.append(to: &reply.body)
            reply.body.append(",\"models\":{")
            var isFirst = true
            for (name, counters) in site.models.sorted(by: { $0.key < $1.key }) {
                if !isFirst { reply.body.append(",") }
                isFirst = false
                reply.body.append(jsonString: name)
                reply.body.append(":")
                counters.append(to: &reply.body)
            }
            reply.body.append("}}")
        }
        reply.body.append("}}")
    }

    /// A part of a path with its `%XX` decoded; an id contains slashes that clients escape.
    private func decode(_ part: RawSpan) -> String {
        var bytes = ByteBuffer()
        var at = 0
        while at < part.byteCount {
            if part[byte: at] == UInt8(ascii: "%"), at + 2 < part.byteCount, let high = MockScriptParser.hexadecimal(part[byte: at + 1]),
                let low = MockScriptParser.hexadecimal(part[byte: at + 2])
            {
                bytes.append(high << 4 | low)
                at += 3
            } else {
                bytes.append(part[byte: at])
                at += 1
            }
        }
        return bytes.bytes.text
    }
}
