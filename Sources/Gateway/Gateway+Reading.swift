internal import EventLoop
internal import HTTPServer
internal import Wire

extension Gateway {
    /// Reads a request's body on the loop. Not asynchronous: the reading is large, and such functions keep what they hold elsewhere than on the stack.
    func readAtOnce(_ exchange: HTTPExchange, _ context: RequestContext, _ endpoint: Endpoint) throws(GatewayError) -> RequestReading {
        do throws(WireError) {
            return try RequestReading(
                exchange.body, endpoint, conversation: conversationSource(exchange, context, endpoint), isRestricted: context.isRestricted)
        } catch {
            throw .badRequest(error.message, param: error.param)
        }
    }

    /// Reads a long body beside the loop, which does other things meanwhile.
    func readBesideLoop(_ exchange: HTTPExchange, _ context: RequestContext, _ endpoint: Endpoint) async throws(GatewayError) -> RequestReading {
        let (source, isRestricted) = (conversationSource(exchange, context, endpoint), context.isRestricted)
        let result = await exchange.withBodyOffLoop { body in
            Result<RequestReading, WireError> { () throws(WireError) in
                try RequestReading(body, endpoint, conversation: source, isRestricted: isRestricted)
            }
        }
        do throws(WireError) {
            return try result.get()
        } catch {
            throw .badRequest(error.message, param: error.param)
        }
    }

    /// What tells the request's conversation from others. Conversations of different keys are never the same.
    private func conversationSource(
        _ exchange: HTTPExchange, _ context: RequestContext, _ endpoint: Endpoint
    ) -> RequestReading.ConversationSource {
        guard router.remembersConversations, endpoint.modelKind == .chat else { return .none }
        let key = UInt64(bitPattern: Int64(context.key.id.hashValue))
        for name in Conversation.fields {
            if let value = exchange.value(of: name), value.byteCount > 0 { return .session(Conversation.identify(session: value, key: key)) }
        }
        return .body(key: key)
    }
}

extension RequestContext {
    /// Whether its key may not use every model.
    fileprivate var isRestricted: Bool { key.grant?.isRestricted == true }
}
