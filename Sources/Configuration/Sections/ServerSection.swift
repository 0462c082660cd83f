internal import Gateway
internal import HTTPServer

/// `server`: where the gateway listens, and what a client may ask of it.
enum ServerSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "server", \.server, "Where the gateway listens, where it keeps its data, and what a client may ask of it.", options,
            check: contradictions)
    }

    static var options: [ConfigurationOption<ServerOptions>] {
        listening + access + sizes + times
    }

    private static var listening: [ConfigurationOption<ServerOptions>] {
        [
            .text(
                "host", \.host, accepts: "an IP address or localhost",
                """
                The address to listen on: 127.0.0.1 serves this machine only, 0.0.0.0 or '::' every interface, which needs a client key. \
                Flag --host, environment HOST.
                """, where: HostName.isListenable
            ).afterRestart(),
            .integer(
                "port", \.port, in: 0...65_535,
                "The TCP port to listen on; 0 lets the system choose. Flag --port, environment PORT."
            ).afterRestart(),
            .text(
                "data_directory", \.dataDirectory, accepts: "a path, as seen from the working directory",
                """
                The directory of what the gateway learns and keeps: the key store, discovered models, learnt limits. Flag --data, \
                environment STATE_DIRECTORY (which systemd sets).
                """
            ).afterRestart(),
            .integer(
                "maximum_connections", \.maximumConnections, in: 1...1_000_000,
                """
                Clients connected at once; more wait in the kernel's queue. null: as many as the limit of open files allows, two for each. \
                More than that are never taken.
                """
            ).afterRestart(),
            .duration(
                "drain_timeout", \.drainTimeout, in: .zero ... .seconds(24 * 3600),
                "How long answers in work may take after SIGTERM, before they are cut off. Flag --drain-timeout."),
        ]
    }

    private static var access: [ConfigurationOption<ServerOptions>] {
        [
            .choice(
                "authentication", \.authentication,
                """
                Whether clients need a key. automatic: nobody does as long as there has never been one (no ALLOWED_BEARER_TOKENS, no \
                LLMGW_ADMIN_API_KEY, no key ever made in data_directory), and then this machine only is served; from the first key on everybody \
                does, for good: the file keys-required in data_directory remembers it when the database is lost. keys: everybody always does; \
                `best keys create NAME` or the admin API makes the first. none: nobody does, whatever keys there are, and this machine only is served.
                """),
            .value(
                "allowed_origins",
                """
                Origins whose web pages, or apps in a web view, may use the clients' endpoints while no key is needed: [http://localhost:3000, \
                'app://obsidian.md', 'vscode-webview://*']. Pages of other origins are refused then, or any page could spend your quota. Where a key \
                is needed, pages of any origin may ask with one, and this list means nothing.
                """,
                accepts: "a list; each \(origins)",
                spell: { "[\($0.allowedOrigins.map { TextValue.spell($0.text) }.joined(separator: ", "))]" },
                read: { value, options in
                    if value.isEmptyList { return options.allowedOrigins = [] }
                    guard let elements = value.elements(orSingle: true) else { return }
                    options.allowedOrigins = elements.compactMap { element in
                        TextValue.read(element, origins) { WebOrigin(allowing: $0) != nil }.flatMap { WebOrigin(allowing: $0) }
                    }
                }),
        ]
    }

    private static let origins = "an origin like https://chat.example, app://obsidian.md or vscode-webview://*, without a path"

    private static var sizes: [ConfigurationOption<ServerOptions>] {
        [
            .bytes("maximum_body_bytes", \.limits.maximumBodyBytes, in: 1024...(1 << 30), "The largest request body; beyond it 413."),
            .bytes(
                "maximum_held_bytes", \.maximumHeldBytes, in: 1024...(1 << 40),
                """
                What is held in memory for all clients and providers together: request bodies, requests read ahead, answers that wait for their \
                client. Who would need more gets 503, or loses the connection; the others go on. Where half of it is held already, requests read ahead \
                and answers that wait may take a quarter of it for each client, by its key or else its network.
                """
            ).formerly("maximum_buffered_body_bytes", adapt: adaptBufferedBytes),
            .bytes("maximum_head_bytes", \.limits.maximumHeadBytes, in: 1024...(1 << 20), "Request line and headers together; beyond it 431."),
            .bytes("maximum_target_bytes", \.limits.maximumTargetBytes, in: 256...(1 << 16), "The longest request target; beyond it 414."),
            .integer("maximum_field_count", \.limits.maximumFieldCount, in: 10...10_000, "The most header lines; beyond it 431."),
            .bytes(
                "maximum_pipelined_bytes", \.limits.maximumPipelinedBytes, in: 1024...(1 << 24),
                "Further requests read ahead on a connection while one is answered; beyond it the connection is not read."),
            .bytes(
                "maximum_discarded_bytes", \.limits.maximumDiscardedBytes, in: 0...(1 << 30),
                "How much of an unwanted body is read and dropped so that the connection can go on; longer ones end it."),
        ]
    }

    /// By its former name it meant bodies as they came, and one of the largest size was enough. What is held now is twice that.
    private static func adaptBufferedBytes(_ options: inout ServerOptions) -> String? {
        let largest = options.limits.maximumBodyBytes
        guard options.maximumHeldBytes >= largest, options.maximumHeldBytes / 2 < largest else { return nil }
        let found = ByteCountText.spell(options.maximumHeldBytes)
        options.maximumHeldBytes = 2 * largest
        let taken = ByteCountText.spell(2 * largest)
        return "\(found) is taken for \(taken), twice maximum_body_bytes, since a request is held as it came and as it is sent"
    }

    private static var times: [ConfigurationOption<ServerOptions>] {
        let range = Duration.milliseconds(100)...(.seconds(24 * 3600))
        return [
            .duration("head_timeout", \.limits.headTimeout, in: range, "From a request's first byte to the end of its headers; beyond it 408."),
            .duration("body_timeout", \.limits.bodyTimeout, in: range, "From the end of the headers to the end of the body; beyond it 408."),
            .duration("idle_timeout", \.limits.idleTimeout, in: range, "How long a connection without a request is kept open."),
            .duration(
                "stall_timeout", \.limits.stallTimeout, in: range, "How long a client may read nothing of an answer before it is taken for gone."),
            .duration(
                "linger_timeout", \.limits.lingerTimeout, in: range, "How long a connection that is being closed waits for the client to have read."),
        ]
    }

    private static func contradictions(_ options: ServerOptions) -> [Contradiction] {
        let limits = options.limits
        var found: [Contradiction] = []
        if options.maximumHeldBytes / 2 < limits.maximumBodyBytes {
            let largest = ByteCountText.spell(limits.maximumBodyBytes)
            found.append(
                Contradiction(
                    key: "maximum_held_bytes", found: "less than twice maximum_body_bytes (\(largest))",
                    expected:
                        "expected at least that: a request is held as it came and as it is sent, and one of the largest size could never be taken"))
        }
        if limits.maximumTargetBytes > limits.maximumHeadBytes {
            found.append(
                Contradiction(
                    key: "maximum_target_bytes", found: "more than maximum_head_bytes (\(ByteCountText.spell(limits.maximumHeadBytes)))",
                    expected: "expected at most that, since the target is part of the head"))
        }
        return found
    }
}
