internal import ArgumentParser
internal import Gateway
internal import Wire

/// `best rests`: what a running gateway leaves alone, and the end of that.
struct RestsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rests",
        abstract: "Show what the running gateway leaves alone, since when and why; end a rest.",
        discussion: """
            A provider, an account, a key or a model that fails or has met a limit is left alone for a while: for everybody, or for the one client \
            key that met the trouble. A restart ends only what nobody stated; `best rests clear` ends a rest at once, and requests that wait for it \
            go on.

            Talks to the running gateway by its operator's endpoints, with the admin key from LLMGW_ADMIN_API_KEY (environment or .env).

            Exit codes: 0 done; 1 nothing has such a name; 64 a wrong command line; 69 no gateway answers; 78 the admin key is missing or wrong, or \
            the configuration has a problem.

            Examples:
              best rests list
              best rests list --json | jq '.data[] | select(.for == "everybody")'
              best rests clear --provider groq
              best rests clear --key GROQ_API_KEY --model llama-3.3-70b-versatile
              best rests clear --all --url unix:/run/best/admin.sock
            """,
        subcommands: [RestsList.self, RestsClear.self])
}

/// `best rests list`.
struct RestsList: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show what is left alone now, for whom, why, on what evidence and until when.",
        discussion: "LEFT with a `~` is a guess that grows with each failure; without one it is the provider's own word.")

    @OptionGroup var gateway: AdminArguments
    @Flag(help: "Print JSON: {\"total\": n, \"data\": [...]}.") var json = false

    func work(with session: AdminSession) async throws {
        let body = try await session.send(.get, "/admin/rests")
        guard let list = RestList(body), let total = list.total else { throw session.unreadable() }
        if json { return Terminal.out(String(decoding: body, as: UTF8.self)) }
        guard total > 0 else { return Terminal.say("nothing rests") }
        for line in list.table.lines { Terminal.out(line) }
        if total > list.data.count { Terminal.say("and \(total - list.data.count) more") }
    }
}

/// `best rests clear`.
struct RestsClear: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "End rests: those that fit every option, or all with --all.",
        discussion: """
            What waits for it goes on at once. What was learnt of limits stays. --provider ends all rests of a provider, its keys and its models; \
            --model those of the model, with each key; --key those of the key, with each model. Endpoints that a provider was taken not to have are \
            asked for again, too, unless a key is named.

            Examples:
              best rests clear --provider groq
              best rests clear --key GROQ_API_KEY
            """)

    @Option(help: ArgumentHelp("Those of this provider.", valueName: "name")) var provider: String?
    @Option(help: ArgumentHelp("Those of this model, by the id that its provider gives it.", valueName: "id")) var model: String?
    @Option(help: ArgumentHelp("Those of the key in this variable.", valueName: "variable")) var key: String?
    @Flag(help: "Every rest.") var all = false
    @OptionGroup var gateway: AdminArguments
    @Flag(help: "Print JSON: {\"cleared\": n, \"data\": [...], \"endpoints\": [...]}.") var json = false

    private var filters: [(name: StaticString, value: String)] {
        [("provider", provider), ("model", model), ("key", key)].compactMap { name, value in value.map { (name, $0) } }
    }

    func validate() throws {
        guard all || !filters.isEmpty else { throw ValidationError("say which: --provider, --model, --key, or --all for every rest") }
        guard !all || filters.isEmpty else { throw ValidationError("--all goes with none of --provider, --model and --key") }
        for filter in filters where filter.value.isEmpty { throw ValidationError("--\(filter.name) must not be empty") }
    }

    func work(with session: AdminSession) async throws {
        var request = ByteBuffer()
        request.append("{")
        for (index, filter) in filters.enumerated() {
            request.append(index == 0 ? "\"" : ",\"")
            request.append(filter.name)
            request.append("\":")
            request.append(jsonString: filter.value)
        }
        request.append("}")
        let body = try await session.send(.post, "/admin/rests/clear", body: request.bytes.text)
        guard let list = RestList(body), let count = list.cleared else { throw session.unreadable() }
        if json { return Terminal.out(String(decoding: body, as: UTF8.self)) }
        let endpoints = list.endpoints ?? []
        for missing in endpoints { Terminal.say("\(missing.provider) is asked for \(missing.endpoint) again") }
        guard count > 0 else { return endpoints.isEmpty ? Terminal.say("nothing of that rested") : () }
        Terminal.say(count == 1 ? "ended 1 rest:" : "ended \(count) rests:")
        for line in list.table.lines { Terminal.out(line) }
        if count > list.data.count { Terminal.say("and \(count - list.data.count) more") }
    }
}
