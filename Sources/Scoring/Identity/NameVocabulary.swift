/// The words that vendors and providers use in model names, and what they mean.
///
/// Sources: the ids of models.dev and LiteLLM's price table (both MIT), and the vendors' own model pages.
enum NameVocabulary {
    /// The vendor of a family, by its first word.
    static let families: [String: String] = [
        "claude": "anthropic", "gpt": "openai", "chatgpt": "openai", "o1": "openai", "o3": "openai", "o4": "openai", "codex": "openai",
        "davinci": "openai", "whisper": "openai", "gemini": "google", "gemma": "google", "codegemma": "google", "palm": "google",
        "paligemma": "google", "learnlm": "google", "lyria": "google", "imagen": "google", "veo": "google", "llama": "meta",
        "codellama": "meta", "qwen": "alibaba", "qwq": "alibaba", "codeqwen": "alibaba", "tongyi": "alibaba", "mistral": "mistral",
        "mixtral": "mistral", "codestral": "mistral", "devstral": "mistral", "magistral": "mistral", "ministral": "mistral",
        "pixtral": "mistral", "voxtral": "mistral", "mathstral": "mistral", "command": "cohere", "aya": "cohere", "deepseek": "deepseek",
        "deepseekcoder": "deepseek", "kimi": "moonshotai", "moonlight": "moonshotai", "glm": "zhipuai", "chatglm": "zhipuai",
        "codegeex": "zhipuai", "minimax": "minimax", "grok": "xai", "nova": "amazon", "titan": "amazon", "phi": "microsoft", "mai": "microsoft",
        "wizardlm": "microsoft", "nemotron": "nvidia", "granite": "ibm", "jamba": "ai21", "hermes": "nousresearch",
        "deephermes": "nousresearch", "step": "stepfun", "mimo": "xiaomi", "ernie": "baidu", "hunyuan": "tencent", "hy": "tencent",
        "seed": "bytedance", "doubao": "bytedance", "ling": "inclusionai", "ring": "inclusionai", "sonar": "perplexity",
        "mercury": "inception", "lfm": "liquid", "reka": "rekaai", "olmo": "allenai", "tulu": "allenai", "trinity": "arcee-ai",
        "palmyra": "writer", "solar": "upstage", "yi": "01-ai", "internlm": "internlm", "intern": "internlm", "dbrx": "databricks",
        "cogito": "deepcogito", "longcat": "meituan", "kat": "kwaipilot", "starcoder": "bigcode", "starcoderbase": "bigcode",
        "arctic": "snowflake", "falcon": "tii", "inkling": "thinkingmachines", "rnj": "essentialai", "fugu": "sakana", "sarvam": "sarvam",
        "ornith": "deepreinforce", "muse": "meta", "laguna": "poolside", "vicuna": "lmsys", "zephyr": "huggingface",
    ]

    /// Names of vendors and hosts before the actual name; dropped if another word is left.
    static let vendors: Set<String> = [
        "openai", "anthropic", "google", "meta", "mistralai", "zai", "zhipu", "zhipuai", "xiaomi", "xiaomimimo", "amazon", "microsoft",
        "nvidia", "cohere", "cohereforai", "coherelabs", "c4ai", "moonshotai", "moonshot", "minimaxai", "alibaba", "baidu", "tencent",
        "bytedance", "ai21", "ai21labs", "ibm", "databricks", "snowflake", "bedrock", "vertex", "azure", "openrouter", "together", "perplexity",
        "xai", "arcee", "deepcogito", "essentialai", "inclusionai", "stepfun", "allenai", "upstage", "umans", "coding", "labs", "ollama",
        "fireworks", "hf", "fw", "nousresearch", "thudm", "sapdeepseek", "cf", "nim", "sap", "gateway",
    ]

    /// The prefixes of Amazon's ids: regions, then vendors.
    static let dottedPrefixes: Set<String> = [
        "us", "eu", "apac", "global", "jp", "au", "ca", "us-gov", "anthropic", "amazon", "meta", "mistral", "deepseek", "cohere", "ai21", "qwen",
        "openai", "minimax", "moonshot", "moonshotai", "zai", "nvidia", "google", "writer", "xai",
    ]

    /// Words that do not help to identify the model.
    static let noise: Set<String> = [
        "instruct", "instruction", "it", "hf", "api", "gguf", "model", "models", "maas", "latest", "original", "basic", "versatile", "specdec",
        "tput", "official", "prev", "default", "tokens", "token", "effort", "temperature", "reasoned", "w", "auto", "budget", "diff", "whole",
        "under", "verification", "n", "length", "deprecated", "free", "beta", "nitro", "extended", "floor", "exacto", "online", "cloud",
        "serverless", "reproduced", "quality",
    ]

    /// Number formats and packings of weights.
    static let quantisations: Set<String> = [
        "fp4", "fp8", "fp16", "bf16", "int4", "int8", "awq", "gptq", "nvfp4", "mxfp4", "mxfp8", "w4a16", "w8a8", "4bit", "8bit", "bnb", "fp32",
    ]

    /// Whether a word with digits is kept whole.
    static func isWhole(_ word: String) -> Bool { quantisations.contains(word) || word == "c4ai" || word == "ai21" || word == "ai21labs" }

    /// Months as boards write them in remarks.
    static let months: [String: Int] = [
        "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
        "january": 1, "february": 2, "march": 3, "april": 4, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11,
        "december": 12,
    ]

    /// A marketing name with a version, and the dated id that its vendor gives to the same model.
    struct SecondName {
        var words: [String]
        var version: String
        var stamp: DateStamp
        var sizes: Set<String>
        var keepsSize: Bool

        init(_ name: String, _ version: String, _ year: Int, _ month: Int, sizes: Set<String> = [], keepsSize: Bool = false) {
            words = [name.split(separator: " ").map(String.init)[0], version] + name.split(separator: " ").dropFirst().map(String.init)
            self.version = version
            stamp = DateStamp(year: year, month: month)!
            (self.sizes, self.keepsSize) = (sizes, keepsSize)
        }
    }

    /// Mistral sells its models by version and names them by month (docs.mistral.ai, models overview).
    static let secondNames: [SecondName] = [
        SecondName("mistral large", "3", 2025, 12), SecondName("mistral medium", "3", 2025, 5), SecondName("mistral medium", "3.1", 2025, 8),
        SecondName("mistral medium", "3.5", 2026, 4), SecondName("mistral small", "3", 2025, 1), SecondName("mistral small", "3.1", 2025, 3),
        SecondName("mistral small", "3.2", 2025, 6), SecondName("mistral small", "4", 2026, 3), SecondName("devstral", "2", 2025, 12),
        SecondName("devstral small", "2", 2025, 12), SecondName("ministral", "3", 2025, 12, sizes: ["3b", "8b", "14b"], keepsSize: true),
    ]
}
