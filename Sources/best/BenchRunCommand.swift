internal import ArgumentParser
internal import Bench
internal import EventLoop
internal import Gateway
internal import Glibc
internal import Wire

/// `best bench URL`: offers load and measures.
struct BenchRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Offer load to an endpoint and measure (the default).",
        discussion: """
            Closed loop (--concurrency): so many users, each sends its next request when the last answer is whole. It finds the highest rate, but a \
            target that stalls is asked less often meanwhile.
            Open loop (--rate): so many requests a second, whatever the answers do. Times count from the intended start, so that a stall is seen in \
            every request it delayed (no coordinated omission); those from the real start stand beside them.

            With --direct the same load goes to what stands behind the gateway as well, in turns, and the report says what the gateway adds.

            URL is a base URL (http://host:port or …/v1) or the whole path of a chat, completions or embeddings endpoint. Plain http only: for a \
            target with TLS, bench a gateway in front of it. The key comes from the environment variable that --key-env names.

            Examples:
              best bench http://127.0.0.1:8000 --stream --concurrency 64
              best bench http://127.0.0.1:8000 --rate 200 --duration 30s --output-tokens lognormal:100/0.6 --stream
              best bench http://127.0.0.1:8000 --requests 1000 --prompts questions.jsonl --model groq/llama-3.3-70b-versatile
              best bench http://127.0.0.1:8000 --model mock-model --direct http://127.0.0.1:9100/v1 --json result.json

            A file of prompts has one JSON value a line: a string (the prompt), {"prompt": "…", "max_tokens": 50}, or a whole request body.
            Sizes are in tokens: 256, uniform:100-400, normal:256/64 (mean/deviation), lognormal:200/0.8 (median/sigma).

            The exit code is 1 when more requests failed than --allow-errors, and 69 when the target can't be found.
            """)

    @OptionGroup var load: BenchLoadOptions
    @Argument(help: ArgumentHelp("The endpoint.", valueName: "url"))
    var url: BenchURL
    @Option(help: ArgumentHelp("The model to ask for.", discussion: "With --prompts, bodies keep theirs unless this is given.", valueName: "name"))
    var model: String?
    @Flag(help: "Ask for streams.")
    var stream = false
    @Option(help: ArgumentHelp("The sizes of made-up prompts, in tokens.", valueName: "sizes"))
    var promptTokens: SizeDistribution = .constant(256)
    @Option(help: ArgumentHelp("The sizes of answers to ask for (max_tokens).", valueName: "sizes"))
    var outputTokens: SizeDistribution?
    @Option(help: ArgumentHelp("A JSON Lines file of prompts or request bodies.", valueName: "file"), completion: .file(extensions: ["jsonl"]))
    var prompts: String?
    @Option(help: ArgumentHelp("Also measure this endpoint behind the gateway, in turns.", valueName: "url"))
    var direct: BenchURL?
    @Option(help: ArgumentHelp("The model's name there (default: that of --model).", valueName: "name"))
    var directModel: String?
    @Option(help: ArgumentHelp("Into how many pairs of stretches the two are cut.", valueName: "count"))
    var pairs = 5
    @Option(help: ArgumentHelp("The variable that holds the API key.", valueName: "name"))
    var keyEnv = "OPENAI_API_KEY"
    @Option(help: ArgumentHelp("The variable that holds the key of --direct (default: that of --key-env).", valueName: "name"))
    var directKeyEnv: String?
    @Option(help: ArgumentHelp("Write the result as JSON.", valueName: "file"))
    var json: String?
    @Option(help: ArgumentHelp("Write the result as CSV.", valueName: "file"))
    var csv: String?
    @Option(help: ArgumentHelp("How many requests may fail, or which share of them.", valueName: "count or percent%"))
    var allowErrors = BenchErrorAllowance.count(0)

    func validate() throws {
        guard url.isPlain, direct?.isPlain ?? true else {
            throw ValidationError(
                "best bench speaks plain http only; bench a gateway that speaks TLS to its providers, or put a TLS proxy in between")
        }
        guard (1...1000).contains(pairs) else { throw ValidationError("--pairs must be 1 to 1000") }
        if directModel != nil || directKeyEnv != nil, direct == nil { throw ValidationError("--direct-model and --direct-key-env need --direct") }
        if direct != nil, model == nil, prompts == nil {
            throw ValidationError(
                "--direct needs --model: without one the gateway chooses a model and the other side another, and the two would not do the same work")
        }
        if let direct, direct.endpoint != url.endpoint { throw ValidationError("--direct must name the same endpoint as the URL") }
        if case .requests(let count) = load.stretch.length, direct != nil, count < pairs {
            throw ValidationError("--requests must be at least --pairs (\(pairs))")
        }
        if stream, !url.endpoint.streams { throw ValidationError("--stream: embeddings have no streams") }
    }

    func run() throws {
        let recipe = RequestRecipe(
            prompts: try promptSource(), endpoint: url.endpoint, model: model ?? (prompts == nil ? "priority-auto" : nil), streams: stream,
            outputTokens: outputTokens, seed: load.seed)
        var targets = [try target(url, named: direct == nil ? "target" : "gateway", recipe, key: keyEnv)]
        if let direct {
            var recipe = recipe
            recipe.model = directModel ?? recipe.model
            targets.append(try target(direct, named: "direct", recipe, key: directKeyEnv ?? keyEnv))
        }
        ProcessTraits.ignoreBrokenPipes()
        ProcessTraits.raiseDescriptorLimit()
        let display = BenchProgressDisplay()
        let run = LoadRun(LoadPlan(targets: targets, load: load.stretch, pairs: pairs)) { display.show($0, $1) }
        let result: LoadResult
        do throws(UVError) {
            result = try run.run()
        } catch {
            display.clear()
            Terminal.error("\(error)")
            throw ExitCode.unavailable
        }
        display.clear()
        for line in LoadReport(result).lines { Terminal.out(line.printable) }
        if let json { try BenchFiles.write(to: json) { ResultJSON.append(result, to: &$0) } }
        if let csv { try BenchFiles.write(to: csv) { ResultCSV.append(result, to: &$0) } }
        guard allowErrors.allows(result.failed, of: result.requests), result.wasInterrupted || result.requests > 0 else { throw ExitCode.failure }
    }

    private func promptSource() throws -> RequestRecipe.Prompts {
        guard let prompts else { return .synthetic(promptTokens) }
        let text = try BenchFiles.read(prompts)
        do throws(PromptFileError) {
            return .file(try PromptFile(parsing: text.span.bytes, for: url.endpoint))
        } catch {
            Terminal.error("\(prompts): \(error)")
            throw ExitCode.configuration
        }
    }

    private func target(_ url: BenchURL, named name: String, _ recipe: RequestRecipe, key variable: String) throws -> LoadTarget {
        guard let address = SocketAddress.lookUp(host: url.host, port: url.port).first else {
            Terminal.error("\(url.host): no such host")
            throw ExitCode.unavailable
        }
        let key = getenv(variable).map { String(cString: $0) } ?? ""
        // What could end the header line has no place in a key.
        guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ValidationError("the key in \(variable) holds characters that no key has")
        }
        return LoadTarget(
            name: name, address: address, authority: url.authority, path: url.path, recipe: recipe, bearer: key.isEmpty ? nil : key)
    }
}
