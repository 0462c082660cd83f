internal import Gateway
internal import Storage

/// What clients need to be served, what has become of their keys, and how the first one is made: a part of what is said when serving begins.
struct AccessMessage {
    let configuration: GatewayConfiguration
    let access: ClientAccess
    /// What follows `curl` where client keys are made; `nil` where the operator's endpoints are not served.
    let firstKeyTarget: String?

    /// The lines.
    var lines: [String] { access.isOpen ? [openness] : [need] + losses + remedy }

    private var server: ServerOptions { configuration.server }

    /// Whether keys outlive the process, so that the shell can make one.
    private var keepsKeys: Bool { configuration.store.kind == .sqlite }

    private var openness: String {
        guard server.authentication != .none else {
            let kept = access.activeKeys + access.tokens > 0 ? ", though there are keys" : ""
            return "no key is needed\(kept) (server.authentication: none): open to this machine only"
        }
        guard keepsKeys else {
            return "no key is needed: open to this machine only, until ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY is set; the shell makes no keys "
                + "(store.kind: memory)"
        }
        return "no key is needed: open to this machine only, until the first key is made (\(Self.makeKey(server))), or "
            + "ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY is set"
    }

    private var need: String {
        guard access.keysAreKnown else {
            let tokens = access.tokens > 0 ? "; until then the static tokens open the gateway" : "; until then nothing opens the gateway"
            return "a key is needed, and the keys can't be read at the moment\(tokens)"
        }
        var parts: [String] = []
        if access.activeKeys > 0 { parts.append(access.activeKeys == 1 ? "1 key" : "\(access.activeKeys) keys") }
        if access.tokens > 0 { parts.append(access.tokens == 1 ? "1 static token" : "\(access.tokens) static tokens") }
        guard parts.isEmpty else {
            return "a key is needed: there \(access.activeKeys + access.tokens == 1 ? "is" : "are") \(parts.joined(separator: " and "))"
        }
        guard access.keptKeys == 0 else { return "a key is needed, and all of the \(access.keptKeys) there are have expired or were revoked" }
        return "a key is needed, and there is none"
    }

    /// What was lost, where it is known that something was, and what can be done about it.
    private var losses: [String] {
        let place = server.dataDirectory
        let opening = "to serve without keys set server.authentication: none in best.yaml"
        switch access.history {
        case .held where access.keysAreKnown && access.keptKeys == 0 && !keepsKeys:
            return [
                Self.warning(
                    "\(place) has held keys (\(KeyMarker.name) says so), and store.kind: memory does not read them; set store.kind: sqlite to have them "
                        + "again, or ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY; \(opening)")
            ]
        case .held where access.keysAreKnown && access.keptKeys == 0:
            return [
                Self.warning(
                    "\(place) has held keys (\(KeyMarker.name) says so), and none is left: the database was deleted, damaged or replaced; put \(place)/best.db "
                        + "back from a copy, or make new keys; \(opening)")
            ]
        case .unknown(let reason) where server.authentication == .automatic && server.mayBeOpen:
            return [Self.warning("keys are needed because nobody can say whether \(place) ever held one: \(reason); \(opening)")]
        case .never, .held, .unknown: return []
        }
    }

    /// How a key is made, where nothing opens the gateway.
    private var remedy: [String] {
        guard access.isShut else { return [] }
        if let firstKeyTarget {
            return [
                "there is no client key yet; this makes the first:",
                "  curl -X POST \(firstKeyTarget) -H \"X-Admin-API-Key: $LLMGW_ADMIN_API_KEY\" -H 'Content-Type: application/json' "
                    + "-d '{\"name\":\"first\"}'",
            ]
        }
        guard keepsKeys else {
            return ["keys are kept in memory only: set ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY, or nobody is served"]
        }
        return ["there is no client key yet; this makes the first:", "  \(Self.makeKey(server, name: "first"))"]
    }

    /// The shell's command that makes a key, as it works in the directory the gateway was started in.
    private static func makeKey(_ server: ServerOptions, name: String = "NAME") -> String {
        let place = server.dataDirectory == ServerOptions().dataDirectory ? "" : " --data '\(server.dataDirectory.replacing("'", with: "'\\''"))'"
        return "best keys create \(name)\(place)"
    }

    private static func warning(_ text: String) -> String { "\(Terminal.styled("warning:", .yellow)) \(text)" }
}
