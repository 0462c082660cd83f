/// What the keys of `meta-providers.yaml` mean: the comment at the head of the committed file, and meta-providers.yaml(5).
///
/// A test holds the committed file to `comment`, and every key that the reader knows to the list.
public enum ProvidersManual {
    /// A key, or several that mean much the same.
    struct Entry {
        /// The keys, as they are spelt.
        let names: [String]
        /// What they mean, in whole sentences.
        let text: String
        /// The keys of its mapping.
        var entries: [Entry] = []

        /// A key of a provider.
        static func key(_ key: ProviderKey, _ text: String, _ entries: [Entry] = []) -> Entry {
            Entry(names: [key.rawValue], text: text, entries: entries)
        }

        /// Keys of a mapping below it.
        static func inner(_ keys: any ConfigurationKey..., text: String) -> Entry { Entry(names: keys.map { $0.rawValue }, text: text) }
    }

    /// The keys of a provider, in the order in which they are explained.
    static let entries: [Entry] = [
        .key(
            .name,
            """
            how logs, metrics and `provider/model` call it: letters, digits, . _ - and :, at most 64 characters, unique. Default: the host of \
            base_url (a number follows where the host is already taken).
            """),
        .key(
            .apiKeyVariables,
            """
            the name of the environment variable that holds its key, or a list of names: a pool of keys. An entry may be a mapping with a weight of 0 \
            to 1000 beside its name, [{name: KEY_1, weight: 3}, KEY_2]: requests are shared out among the keys by their weights (1 where none is \
            given; 0: only when no other key can be used). Without any weight the score decides. Default: none, the provider needs no key.
            """),
        .key(
            .baseURL,
            """
            where its OpenAI-compatible API begins: http:// or https://, a host, if need be a port and a path. No user name, no query. \
            `/chat/completions` and the other endpoints follow it; where they stand in it already, or something stands in it twice, that is left out \
            and said.
            """),
        .key(.modelURL, "where its model list is, without the `/models` behind it. Default: base_url."),
        .key(.basePriority, "a factor on the score of all its models, 0 to 1000. Default: 1."),
        .key(
            .tier, "free or paid: whether its answers cost money. What a free one answers costs nothing, whatever prices say. Default: not known."),
        .key(
            .models,
            """
            a fixed list of models, so that the provider is not asked for one. Default: none, models are discovered at start and every 24 hours. An \
            entry is an id, or a mapping of
            """, models),
        .key(
            .endpoints,
            """
            a list of the endpoints it serves: chat/completions, completions, embeddings, responses, moderations, rerank, images/generations, \
            audio/speech. Default: not known; one that it answers not to have (404, 405, 501) is not asked for again for a day.
            """),
        .key(
            .include,
            "a regular expression, or a list of them, whatever the case; only models in whose id one is found are used. Default: all."),
        .key(
            .exclude,
            """
            the same for models that are not used; it wins over include. Default: none. The ids are the provider's choice, so avoid expressions such \
            as (a+)+ that take for ever on some: they hold up this provider's list, and a processor.
            """),
        .key(
            .limits,
            """
            what the provider grants, counted over all its models. BEST holds back before it is refused, and learns the real limits from the answers \
            besides. Default for each: no limit known.
            """,
            [
                .inner(LimitKey.requestsPerMinute, LimitKey.requestsPerDay, text: "requests."),
                .inner(LimitKey.tokensPerMinute, LimitKey.tokensPerDay, text: "tokens, prompt and completion together."),
                .inner(LimitKey.concurrency, text: "requests in flight at one time."),
                .inner(
                    LimitKey.scope,
                    text: """
                        key (each key has these limits for itself) or account (all keys share them). Default: key. With key an account without money, \
                        too, is that of the key that met it, and the other keys are asked.
                        """),
            ]),
        .key(
            .timeouts, "a number of seconds, or text like 500ms, 5s, 1m30s. Defaults: 5 s, 60 s, 60 s, 300 s.",
            [
                .inner(TimeoutKey.connect, text: "for name resolution, TCP and TLS."),
                .inner(TimeoutKey.firstByte, text: "from the request sent to the first byte of the answer."),
                .inner(TimeoutKey.idle, text: "the longest silence between two pieces of the answer."),
                .inner(TimeoutKey.total, text: "for one attempt as a whole."),
            ]),
        .key(
            .headers,
            """
            a mapping of header fields that go with every request to it. Host, Authorization and the headers of message framing are refused. \
            Default: none.
            """),
        .key(
            .proxy,
            """
            the HTTP proxy it is reached through, http://host:port. Default: what https_proxy and no_proxy say; what is written here goes before both.
            """),
        .key(.caFile, "a PEM file of certificate authorities to trust for it, as seen from this file. Default: the system's."),
        .key(
            .quirks,
            """
            a list of no_stream_options (it refuses `stream_options`; that is also found out, by one refused request for each model and day), \
            openrouter (it understands OpenRouter's `provider`). Default: none.
            """),
    ]

    private static let models: [Entry] = [
        .inner(ModelKey.id, text: "the id as the provider wants it. Must be given."),
        .inner(
            ModelKey.weight,
            text: """
                its share of requests, 0 to 1000, beside other models that have one and can take the same request, here or at other providers; \
                0: only when no other can be used. Default: none, the score decides.
                """),
        .inner(ModelKey.priority, text: "a static priority of this provider for this model, -1000 to 1000. Default: none."),
        .inner(
            ModelKey.kind,
            text: """
                chat, completion, embedding, moderation, rerank, image, speech or other (none of the endpoints that are served). A request that \
                needs another kind is refused. Default: told from the id.
                """),
        .inner(ModelKey.contextLength, text: "prompt and completion together, in tokens. Default: not known."),
        .inner(ModelKey.maximumOutputTokens, text: "the longest completion, in tokens. Default: not known."),
        .inner(ModelKey.inputModalities, text: "a list of text, image, audio, video, file. Default: not known."),
        .inner(ModelKey.outputModalities, text: "the same for what it makes. Default: not known."),
        .inner(ModelKey.supportsTools, text: "true or false: whether requests with tools may go to it. Default: not known."),
        .inner(ModelKey.supportsJSON, text: "the same for response_format: json_object. Default: not known."),
        .inner(ModelKey.supportsSchemas, text: "the same for response_format: json_schema. Default: not known."),
        .inner(
            ModelKey.promptPrice,
            text: "US dollars for a million prompt tokens. Default: what the public catalogues say, if they know the model."),
        .inner(ModelKey.completionPrice, text: "US dollars for a million completion tokens. Default: as above."),
        .inner(
            ModelKey.cacheReadPrice, ModelKey.cacheWritePrice,
            text: "for the part of the prompt that came from the provider's cache or went into it. Default: prompt_price."),
        .inner(ModelKey.reasoningPrice, text: "for the part of the answer that is reasoning. Default: completion_price."),
        .inner(
            ModelKey.requestPrice, ModelKey.imagePrice, ModelKey.madeImagePrice,
            text: "US dollars for a request, a picture in it, a picture made. Default: nothing."),
        .inner(
            ModelKey.priceTiers,
            text: """
                a list of prices for long prompts, each {above: 200000, prompt_price: …, completion_price: …} and the like, which counts for the \
                whole request when its prompt has more tokens. Default: none.
                """),
        .inner(ModelKey.aliases, text: "further names that clients may use for it, a list. Default: none."),
    ]

    /// The lines between the file's first words and its providers: every key with its meaning, as a comment.
    public static let comment: String = (["# Every key a provider may have; only base_url must be given:", "#"] + lines(of: entries, level: 0))
        .joined(separator: "\n")

    private static func lines(of entries: [Entry], level: Int) -> [String] {
        let indentation = String(repeating: " ", count: 3 + 2 * level)
        return entries.flatMap { entry -> [String] in
            let names = entry.names.map { "\($0):" }.joined(separator: " ").replacing(": ", with: ", ")
            let label = names.padded(to: max(18 + 2 * level, names.count + 1))
            // What follows a long name begins where it does everywhere.
            let margin = "#\(indentation)" + String(repeating: " ", count: 18 + 2 * level)
            var lines: [String] = []
            var line = "#\(indentation)\(label)"
            var isBlank = true
            for word in entry.text.split(separator: " ") {
                if !isBlank, line.count + 1 + word.count > width {
                    lines.append(line)
                    line = margin
                    isBlank = true
                }
                line += isBlank ? word : " \(word)"
                isBlank = false
            }
            return lines + [line] + Self.lines(of: entry.entries, level: level + 1)
        }
    }

    private static let width = 130

    /// meta-providers.yaml(5).
    ///
    /// - Parameter day: The day it is of, `2026-11-30`.
    public static func page(day: String) -> ManualPage {
        var page = ManualPage(name: "meta-providers.yaml", section: 5, summary: "the providers that BEST sends requests to", day: day)
        page.heading("DESCRIPTION")
        page.prose(
            """
            The file has a list, providers, of mappings. Only base_url must be given. The key of a provider is no part of the file: it is in the \
            environment, in .env in the working directory, in a file that the variable's name with _FILE behind it names (GROQ_API_KEY_FILE), or in \
            systemd's credentials directory. A provider whose key is not set is skipped with a warning.

            `best check` shows what is in use and all that is wrong; an unknown key is an error that names the line and the nearest that there is. \
            A reload (SIGHUP) takes up every change.
            """)
        page.heading("KEYS OF A PROVIDER")
        page.beginList()
        append(entries, to: &page)
        page.endList()
        page.heading("EXAMPLES")
        page.verbatim([
            "providers:", "  - api_key_env_var: GROQ_API_KEY", "    base_url: https://api.groq.com/openai/v1", "    tier: free", "",
            "  - name: local", "    base_url: http://127.0.0.1:8080/v1", "    models:", "      - id: qwen3-32b", "        context_length: 32768",
            "    limits:", "      concurrency: 8",
        ])
        page.seeAlso([("best", 1), ("best.yaml", 5)])
        return page
    }

    private static func append(_ entries: [Entry], to page: inout ManualPage) {
        for entry in entries {
            page.item(entry.names.joined(separator: ", "), entry.text.prefix(1).uppercased() + entry.text.dropFirst())
            guard !entry.entries.isEmpty else { continue }
            page.beginList()
            append(entry.entries, to: &page)
            page.endList()
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
