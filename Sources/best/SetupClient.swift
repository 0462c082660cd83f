/// What a client must be told to use the gateway: the rows of `best setup`.
struct SetupClient: Sendable {
    /// What stands in the settings.
    struct Values {
        /// The gateway's address, without a path: `http://127.0.0.1:8000`.
        let address: String
        /// A client key; in open mode any text.
        let key: String
        /// The name of a model.
        let model: String

        /// Where OpenAI's endpoints begin.
        var base: String { "\(address)/v1" }
    }

    /// How it is called on the command line.
    let name: String
    /// What it is.
    let title: String
    /// What goes where, in words; a comment in the language of the lines.
    let place: String
    /// The settings, line by line.
    let lines: @Sendable (Values) -> [String]

    /// Every client, in the order in which they are listed. To add one, add a row.
    static let all: [SetupClient] = [
        SetupClient(name: "openai-python", title: "OpenAI's library for Python", place: "# in the shell; the library reads both") {
            ["export OPENAI_BASE_URL=\($0.base)", "export OPENAI_API_KEY=\($0.key)", "# in the program: model=\"\($0.model)\""]
        },
        SetupClient(name: "aider", title: "aider", place: "# in the shell, then start it like this") {
            ["export OPENAI_API_BASE=\($0.base)", "export OPENAI_API_KEY=\($0.key)", "aider --model openai/\($0.model)"]
        },
        SetupClient(name: "open-webui", title: "Open WebUI", place: "# variables of its container or service") {
            ["OPENAI_API_BASE_URL=\($0.base)", "OPENAI_API_KEY=\($0.key)"]
        },
        SetupClient(name: "librechat", title: "LibreChat", place: "# in librechat.yaml") {
            [
                "endpoints:", "  custom:", "    - name: BEST", "      apiKey: \($0.key)", "      baseURL: \($0.base)", "      models:",
                "        default: [\($0.model)]", "        fetch: true",
            ]
        },
        SetupClient(name: "cline", title: "Cline", place: "# in its settings; API provider: OpenAI Compatible") {
            ["Base URL: \($0.base)", "API Key: \($0.key)", "Model ID: \($0.model)"]
        },
        SetupClient(name: "langchain", title: "LangChain (langchain-openai)", place: "# in the program") {
            [
                "from langchain_openai import ChatOpenAI",
                "model = ChatOpenAI(base_url=\"\($0.base)\", api_key=\"\($0.key)\", model=\"\($0.model)\")",
            ]
        },
        SetupClient(name: "llm", title: "llm", place: "# in extra-openai-models.yaml, in the directory that `llm logs path` names") {
            [
                "- model_id: best", "  model_name: \($0.model)", "  api_base: \($0.base)", "  api_key_name: best",
                "# and once: llm keys set best --value \($0.key)",
            ]
        },
        SetupClient(name: "guidellm", title: "GuideLLM", place: "# in the shell") {
            ["export GUIDELLM__OPENAI__API_KEY=\($0.key)", "guidellm benchmark --target \($0.address) --model \($0.model)"]
        },
        SetupClient(name: "aiperf", title: "AIPerf", place: "# in the shell") {
            ["aiperf profile --url \($0.address) --endpoint-type chat --streaming --model \($0.model) --api-key \($0.key)"]
        },
        SetupClient(name: "lm-eval", title: "lm-evaluation-harness", place: "# in the shell; add --tasks") {
            [
                "export OPENAI_API_KEY=\($0.key)",
                "lm_eval --model local-chat-completions --apply_chat_template "
                    + "--model_args model=\($0.model),base_url=\($0.base)/chat/completions,num_concurrent=8",
            ]
        },
        SetupClient(name: "inspect", title: "Inspect", place: "# in the shell; add the task") {
            ["export BEST_API_KEY=\($0.key)", "export BEST_BASE_URL=\($0.base)", "inspect eval --model openai-api/best/\($0.model)"]
        },
    ]
}
