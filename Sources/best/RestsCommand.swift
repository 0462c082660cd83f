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
