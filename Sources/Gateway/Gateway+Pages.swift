internal import EventLoop
internal import HTTPServer
internal import Wire

extension Gateway {
    /// Answers with a page. A key sees of it what it may ask for, and it counts as a request of the key.
    func show(_ page: Page, _ exchange: HTTPExchange, _ context: RequestContext) async throws(GatewayError) -> RequestContext.Outcome {
        guard let pages else { throw .unknownRoute(exchange.path.text) }
        guard page.tellsOfDeployments else {
            let text = pages.begin(page, of: self, DeploymentReports(of: [], on: loop))
            var body = ByteBuffer()
            while !text.advance(into: &body) {}
            writer.respond(with: body, type: page.contentType, on: exchange, context)
            return .answered
        }
        try await admission.count(context)
        await prepareAllowance(of: context.key)
        if exchange.hasLostClient { return .clientGone }
        let isRestricted = context.key.grant?.isRestricted == true
        let body = isRestricted ? try await write(page, for: context.key) : try await shared(page)
        if exchange.hasLostClient { return .clientGone }
        writer.respond(with: body.bytes, type: page.contentType, on: exchange, context)
        return .answered
    }

    /// The page for all who may see everything.
    private func shared(_ page: Page) async throws(GatewayError) -> PageBody {
        let shared = sharedPages[page] ?? SharedPage()
        sharedPages[page] = shared
        if let known = await shared.next() { return try known.get() }
        do throws(GatewayError) {
            let body = try await write(page, for: nil)
            shared.finish(.success(body))
            return body
        } catch {
            shared.finish(.failure(error))
            throw error
        }
    }

    /// Writes a page in pieces.
    ///
    /// - Parameter key: Whose models it tells of; `nil` is everybody's.
    /// - Throws: 503 when it would hold more than there is room for.
    private func write(_ page: Page, for key: VirtualKey?) async throws(GatewayError) -> PageBody {
        guard let pages else { throw .unknownRoute(page.name.description) }
        let lane = key.map { LongAnswers.Lane.client($0.tag) } ?? .page(page)
        await longAnswers.begin(in: lane)
        defer { longAnswers.end(in: lane) }
        let text = pages.begin(page, of: self, deploymentReports(for: router.table.allowance(of: key?.grant)))
        let held = HeldShare(of: loop.held)
        var body = ByteBuffer()
        while true {
            let isWhole = text.advance(into: &body)
            guard held.hold(body.capacity) else { throw .tooMuchHeld }
            if isWhole { return PageBody(body, held) }
            await turns.nextTurn()
        }
    }
}
