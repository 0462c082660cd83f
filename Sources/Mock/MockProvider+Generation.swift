internal import EventLoop
internal import HTTPServer
internal import Wire

/// Chat, completions and embeddings.
extension MockProvider {
    /// Answers a request for text or vectors at once, or returns the call that will.
    func generate(_ endpoint: MockEndpoint, _ exchange: HTTPExchange, at site: MockSite) -> MockCall? {
        site.counters.requests += 1
        switch endpoint {
        case .chat: site.counters.chat += 1
        case .completions: site.counters.completions += 1
        default: site.counters.embeddings += 1
        }
        let authorization = exchange.field("authorization")
        let bytes = exchange.body
        last.record(body: bytes, authorization: authorization, path: exchange.path)
        do throws(MockRefusal) {
            guard let body = MockRequestBody(scanning: bytes) else {
                throw MockRefusal(status: 400, message: "We could not parse the JSON body of your request.")
            }
            guard let range = body.model else { throw MockRefusal(status: 400, message: "you must provide a model parameter") }
            let model = bytes.extracting(range)
            last.record(model: model)
            guard site.accepts(authorization: authorization) else { throw MockRefusal(status: 401, message: "Incorrect API key provided.") }
            let plan = try site.plan(for: endpoint, model: model, script: exchange.field("x-mock"))
            site.number += 1
            plan.requests += 1
            plan.counters.requests += 1
            if let quota = plan.behaviour.quota, let wait = site.exceeds(quota, authorization: authorization, now: loop.now.nanoseconds) {
                plan.counters.failed += 1
                record(body, in: bytes, plan, site, status: 429, wait: plan.behaviour.retryHints.isEmpty ? 0 : wait)
                return fail(.status(429), plan, wait: wait, MockRandom(seed: seed), exchange, at: site)
            }
            let prompt = MockUsage.promptTokens(bodyBytes: bytes.byteCount)
            if plan.contextLength > 0, prompt > plan.contextLength {
                throw MockRefusal(
                    status: 400,
                    message:
                        "This model's maximum context length is \(plan.contextLength) tokens. However, your messages resulted in \(prompt) tokens.",
                    code: "context_length_exceeded")
            }
            return answer(body, plan, prompt: prompt, exchange, at: site)
        } catch {
            refuse(error, on: exchange, at: site)
        }
        return nil
    }

    /// Records a request in the journal with its outcome, including the milliseconds to wait if it was told
    /// any.
    private func record(_ body: MockRequestBody, in bytes: RawSpan, _ plan: MockPlan, _ site: MockSite, status: Int, wait: Int) {
        guard journal.isKept else { return }
        let user = bytes.extracting(body.user ?? 0..<0)
        journal.record(
            microseconds: MockTime.monotonicMicroseconds(), provider: site.provider.name, model: plan.name, user: user, status: status, wait: wait)
    }

    /// Answers a valid request, unless a fault strikes.
    private func answer(
        _ body: MockRequestBody, _ plan: MockPlan, prompt: Int, _ exchange: HTTPExchange, at site: MockSite
    ) -> MockCall? {
        var random = MockRandom(seed: seed, stream: UInt64(site.index), request: site.number)
        let fault = plan.fault(using: &random)
        if case .status(let status) = fault {
            record(body, in: exchange.body, plan, site, status: status, wait: plan.behaviour.retryHints.first?.milliseconds ?? 0)
        } else {
            record(body, in: exchange.body, plan, site, status: 200, wait: 0)
        }
        if let fault {
            site.counters.failed += 1
            plan.counters.failed += 1
            switch fault {
            case .status, .stall(.head), .reset(.head): return fail(fault, plan, wait: nil, random, exchange, at: site)
            case .reset, .stall, .cut, .errorEvent, .malformed, .empty: break
            }
        }
        let total = plan.chunkCount(using: &random)
        if body.wantsStream, plan.endpoint != .embeddings, !plan.behaviour.ignoresStream, fault != .malformed(.headers) {
            exchange.releaseBody()
            let stream = MockStream(plan: plan, number: site.number, total: total, prompt: prompt, asksForUsage: body.asksForUsage, fault: fault)
            let wait = plan.behaviour.timeToFirstToken.sample(using: &random)
            let gap = plan.steadyGap(using: &random)
            let call = takeCall()
            call.begin(stream, plan: plan, random: random, steadyGap: gap, due: due(after: wait), on: exchange, at: site)
            return call
        }
        reply.removeAll()
        if plan.endpoint == .embeddings {
            plan.appendEmbeddings(of: body, in: exchange.body, prompt: prompt, to: &reply.body)
        } else {
            plan.appendReply(
                number: site.number, total: total, prompt: prompt, fault: fault, microseconds: MockTime.monotonicMicroseconds(), to: &reply.body)
        }
        exchange.releaseBody()
        spoil(fault, plan)
        return deliver(plan, &random, exchange, at: site)
    }

    /// Makes the error answer, the silence or the reset that replaces an answer.
    private func fail(
        _ fault: MockFault.Kind, _ plan: MockPlan, wait: Int?, _ random: MockRandom, _ exchange: HTTPExchange, at site: MockSite
    ) -> MockCall? {
        var random = random
        reply.removeAll()
        exchange.releaseBody()
        switch fault {
        case .status(let status):
            // A quota's hints give the true time, in the dialects of the behaviour.
            let hints = plan.behaviour.retryHints.map { hint in wait.map { MockRetryHint(hint.dialect, milliseconds: $0) } ?? hint }
            reply.become(
                MockErrorBody(
                    shape: plan.errorShape, status: status, message: plan.behaviour.errorMessage, code: plan.behaviour.errorCode, hints: hints,
                    window: plan.behaviour.limitWindow, epoch: MockTime.epochMilliseconds()))
        case .stall: reply.ending = .nothing(.stall)
        case .reset, .cut, .errorEvent, .malformed, .empty: reply.ending = .nothing(.reset)
        }
        return deliver(plan, &random, exchange, at: site)
    }

    /// Applies a fault to a whole answer.
    private func spoil(_ fault: MockFault.Kind?, _ plan: MockPlan) {
        switch fault {
        case nil, .status, .empty(.choices), .empty(.content): break
        case .reset: reply.ending = .half(.reset)
        case .stall: reply.ending = .half(.stall)
        case .cut: reply.ending = .half(.finish)
        case .empty(.body): reply.body.removeAll()
        case .malformed(.headers): reply.fields.append("this line has no colon\r\n")
        case .malformed(.truncated): reply.body.truncate(to: reply.body.count / 2)
        case .malformed(.json), .malformed(.sse):
            reply.body.removeAll()
            reply.body.append("{\"id\":\"chatcmpl-mock\",\"choices\":[{\"index\":0,,}]}")
        case .errorEvent:
            reply.become(
                MockErrorBody(
                    shape: .inSuccess, status: 500, message: plan.behaviour.errorMessage, code: plan.behaviour.errorCode, hints: [], epoch: 0))
        }
    }

    /// Sends the answer in `reply`, at once if no delay is asked for.
    private func deliver(_ plan: MockPlan, _ random: inout MockRandom, _ exchange: HTTPExchange, at site: MockSite) -> MockCall? {
        if plan.behaviour.closesConnection { reply.fields.append("connection: close\r\n") }
        plan.fields.copy(to: &reply.fields)
        let delay = plan.behaviour.delay.sample(using: &random)
        guard delay > 0 else {
            if reply.send(on: exchange) { return nil }
            let call = takeCall()
            call.beginSilence(on: exchange, at: site)
            return call
        }
        let call = takeCall()
        swap(&call.reply, &reply)
        call.beginReply(due: due(after: delay), on: exchange, at: site)
        return call
    }

    /// Sends the refusal of an invalid request.
    func refuse(_ refusal: MockRefusal, on exchange: HTTPExchange, at site: MockSite) {
        site.counters.failed += 1
        reply.removeAll()
        reply.become(
            MockErrorBody(
                shape: site.behaviour.effectiveErrorShape == .inSuccess ? .openAI : site.behaviour.effectiveErrorShape, status: refusal.status,
                message: refusal.message, code: refusal.code, hints: [], epoch: 0))
        _ = reply.send(on: exchange)
    }

    private func due(after milliseconds: Double) -> UInt64 {
        loop.now.nanoseconds + UInt64(milliseconds * 1_000_000)
    }
}
