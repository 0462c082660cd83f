/// What providers say of limits and of load.
extension Dialect {
    static let aboutLimits: [Dialect] = [
        // MARK: A limit was met
        Dialect(
            .limit, "https://platform.openai.com/docs/guides/rate-limits",
            codes: [
                "rate_limit_exceeded", "rate_limit_error", "rate_limit", "rate_limited", "rate_limit_reached", "rate_limit_reached_error",
                "ratelimit",
                "ratelimitreached", "rate_limits_exceeded", "too_many_requests", "too_many_requests_error", "requests_limit_exceeded",
                "limit_exceeded",
            ],
            says: [
                "rate_limit", "rate limit", "ratelimit", "rate-limit", "too many requests", "too_many_requests", "request limit", "requests limit",
            ]),
        Dialect(
            .limit, "https://ai.google.dev/gemini-api/docs/rate-limits", codes: ["resource_exhausted", "quota_exceeded", "quota_exhausted"],
            says: ["resource_exhausted", "resource exhausted", "resource has been exhausted", "quota exceeded", "exceeded your current quota"]),
        Dialect(
            .limit, "https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html",
            codes: ["throttling*", "throttled*", "toomanyrequestsexception", "requestlimitexceeded", "servicequotaexceededexception"],
            says: [
                "throttlingexception", "throttling error", "request was throttled", "requests are being throttled", "please wait before trying again",
            ]),
        Dialect(
            .limit, "https://help.aliyun.com/en/model-studio/error-code", codes: ["limit_requests", "limit_burst_rate", "limit_tokens"],
            says: ["requests rate limit", "request rate increased too quickly"]),
        Dialect(
            .limitNotMoney, "https://help.aliyun.com/en/model-studio/error-code: `insufficient_quota` for tokens of a minute",
            says: ["allocated quota exceeded", "exceeded your current requests list"]),
        Dialect(
            .limit, "https://www.volcengine.com/docs/82379/1299023",
            codes: ["ratelimitexceeded*", "modelaccountrpm*", "modelaccounttpm*", "requestbursttoofast*"]),
        Dialect(.limit, "https://docs.bigmodel.cn/cn/api/api-code", codes: ["1302", "1303", "1308"], says: ["使用上限", "频率过高", "并发数过高", "速率限制"]),
        Dialect(
            .limit, "https://platform.minimax.io/docs/api-reference/errorcode.md",
            codes: ["status_code=1002", "status_code=1039", "status_code=1041", "status_code=2045", "status_code=2056"],
            says: ["usage limit exceeded"]),
        Dialect(
            .limit, "https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh, https://cloud.baidu.com/doc/qianfan-api/s/Om9b4yj3w",
            codes: [
                "error_code=18", "error_code=19", "error_code=336501", "error_code=336502", "rpm_rate_limit_exceeded", "tpm_rate_limit_exceeded",
                "preemptible_rpm_rate_limit_exceeded", "qps_rate_limit_exceeded",
            ], says: ["open api qps request limit reached", "request limit reached"]),
        Dialect(
            .limit, "https://www.xfyun.cn/doc/spark/接口说明.html", codes: ["11201", "11202", "11203", "licccfailed", "liccfailed"]),
        Dialect(
            .limit, "https://docs.nousresearch.com, https://console.groq.com/docs/errors, https://inference-docs.cerebras.ai/support/error",
            codes: [
                "token_quota_exceeded", "request_quota_exceeded", "concurrency_limit_exceeded", "too_many_tokens_error",
                "concurrent_requests_limit_exceeded",
            ],
            says: ["limit exceeded", "limit reached", "concurrency limit", "too many concurrent", "concurrent requests", "rate exceeded"]),
        Dialect(
            .limit, "https://ollama.com/cloud: a plan's allowance of a window",
            says: ["hourly usage limit", "daily usage limit", "weekly usage limit", "monthly usage limit", "session usage limit"]),
        Dialect(
            .limit, "relays and providers in other languages",
            says: [
                "请求过于频繁", "请求频率", "请求次数过多", "请求过多", "调用频率", "访问过于频繁", "次数限额", "限流", "达到上限", "レート制限", "リクエストが多すぎ", "요청이 너무 많", "요청 한도",
                "слишком много запросов", "превышен лимит", "demasiadas solicitudes", "límite de solicitudes", "trop de requêtes",
                "zu viele anfragen",
                "muitas solicitações", "troppe richieste", "лимит запросов", "слишком часто", "ratenlimit", "anfragelimit", "limite de requêtes",
                "limite de débit", "límite de tasa", "limite de solicitações", "çok fazla istek", "quá nhiều yêu cầu", "terlalu banyak permintaan",
                "請求過於頻繁", "請求次數過多", "zbyt wiele żądań", "te veel verzoeken",
            ]),
        Dialect(
            .keyLimit, "https://github.com/openai/codex: an account's plan, with every model",
            codes: ["usage_limit_reached", "usage_limit_exceeded", "usage_not_included", "plan_limit_reached", "workspace_limit_reached"],
            says: ["usage limit has been reached", "hit your usage limit", "reached your usage limit", "usage_limit_reached"]),
        Dialect(
            .keyLimit,
            "https://support.anthropic.com: a limit that the account has set for itself, with a 400; https://github.com/anthropics/claude-code/issues/2127",
            says: ["specified api usage limits", "specified workspace api usage limits", "you will regain access"]),
        Dialect(
            .keyLimit, "https://docs.github.com/copilot, https://docs.z.ai/devpack: allowances of a plan that come back at a time",
            codes: ["1310"],
            says: ["premium request allowance", "exceeded your premium request", "limit exhausted", "used all of your premium requests"]),
        Dialect(
            .limit, "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/",
            says: ["error code: 1015"]),
        Dialect(
            .ofTheKey, "https://docs.anthropic.com/en/api/rate-limits, https://docs.cohere.com/docs/rate-limits",
            says: ["your account", "for your organization", "trial key", "for this account", "for your account"]),
        Dialect(
            .accountLimit, "https://openrouter.ai/docs/api-reference/limits",
            codes: ["openrouter_free_tier_daily", "openrouter_free_tier_minute"],
            says: ["free_tier_daily", "free-models-per-day", "free-models-per-min"]),
        Dialect(
            .accountLimit, "https://developers.cloudflare.com/workers-ai/platform/errors/", codes: ["3036", "4006"],
            says: ["daily free allocation", "free allocation of # neurons"]),
        Dialect(
            .modelLimit, "Groq, OpenAI, Google and Together name the model beside the organization",
            says: ["for model", "specific to this model", "permodel", "bymodel", "for gpt-", "model:", "on this model"]),

        // MARK: What it counts
        Dialect(
            .tokens,
            "https://console.groq.com/docs/rate-limits, https://platform.openai.com/docs/guides/rate-limits; Google, Cerebras, Alibaba, Baidu",
            codes: [
                "tokens", "token_quota_exceeded", "too_many_tokens_error", "limit_tokens", "tpm_rate_limit_exceeded", "modelaccounttpm*",
                "tpm_limit_exceeded", "tpd_limit_exceeded", "tokens_per_*", "*tpmexceeded", "*inputtoken*", "*input_token*",
            ],
            says: [
                "tokens per", "token per", "(tpm)", "(tph)", "(tpd)", "tokens_per", "token limit", "tokens limit", "token_limit", "token quota",
                "token_quota", "input_token", "inputtoken", "input token",
            ]),
        Dialect(
            .requests,
            "https://console.groq.com/docs/rate-limits, https://platform.openai.com/docs/guides/rate-limits; Google, Cerebras, Alibaba, Baidu",
            codes: [
                "requests", "request_quota_exceeded", "requests_limit_exceeded", "limit_requests", "rpm_rate_limit_exceeded", "modelaccountrpm*",
                "rpm_limit_exceeded", "rpd_limit_exceeded", "requests_per_*", "*rpmexceeded", "*requestsper*", "*_requests",
            ],
            says: ["requests per", "request per", "requestsper", "requests_per", "(rpm)", "(rph)", "(rpd)", "request limit", "requests limit"]),

        Dialect(
            .inFlight,
            "https://docs.bigmodel.cn/cn/api/api-code, https://inference-docs.cerebras.ai/support/error, https://docs.nousresearch.com",
            codes: ["1302", "concurrency_limit_exceeded", "concurrent_requests_limit_exceeded", "*concurrency*", "*concurrent*"],
            says: [
                "concurrency limit", "too many concurrent", "concurrent requests", "concurrent request limit", "max concurrency", "并发数过高", "并发",
                "requests in parallel", "parallel requests",
            ]),

        // MARK: Its window
        Dialect(
            .minute, "Groq, OpenAI, Azure, Cohere, Together, Google",
            says: [
                "per minute", "perminute", "per-minute", "per min ", "per min.", "per min)", "per min,", "per-min", "(tpm)", "(rpm)", "/min", "/ min",
                "per second", "per-second", "persecond", "per_second", "per 60s", "per 60 s", "byminute", "per_minute", "minute limit", "(tps)",
                "(rps)",
                "(ipm)", "per # seconds", "每分钟", "每秒", "1分あたり", "毎分", "в минуту", "por minuto", "par minute", "pro minute",
            ]),
        Dialect(
            .minute, "https://help.aliyun.com/en/model-studio/error-code, https://cloud.baidu.com/doc/qianfan-api/s/Om9b4yj3w",
            codes: [
                "throttling.ratequota", "limit_burst_rate", "*tpmexceeded", "*rpmexceeded", "rpm_rate_limit_exceeded", "tpm_rate_limit_exceeded",
                "error_code=18", "error_code=336501", "error_code=336502", "status_code=1002", "status_code=1039", "*perminute*",
                "rpm_limit_exceeded",
                "tpm_limit_exceeded", "tokens_per_minute*", "requests_per_minute*",
            ]),
        Dialect(
            .hour, "https://github.com/meta-llama, https://ollama.com/cloud",
            says: [
                "per hour", "perhour", "per-hour", "/hour", "/ hour", "/hr", "hourly", "(tph)", "(rph)", "per_hour", "per 3600", "5-hour", "5 hour",
                "每小时", "1時間あたり",
            ]),
        Dialect(
            .day, "OpenAI, Groq, Google, OpenRouter, ModelScope, Cloudflare, GitHub Models",
            says: [
                "per day", "perday", "per-day", "/day", "/ day", "daily", "(tpd)", "(rpd)", "(ipd)", "per 86400", "byday", "per_day", "today's quota",
                "for today", "try again tomorrow", "24 hours", "24-hour", "每日", "每天", "今日", "当日", "单日", "1日あたり", "1日の", "本日", "в день", "в сутки",
                "por día", "por dia", "par jour", "pro tag", "하루",
            ]),
        Dialect(
            .day, "https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh, https://docs.bigmodel.cn/cn/api/api-code, Cloudflare",
            codes: [
                "1304", "error_code=17", "3036", "4006", "openrouter_free_tier_daily", "*per_day*", "daily_limit_exceeded", "daily_quota_exceeded",
                "*daily*",
                "rpd_limit_exceeded", "tpd_limit_exceeded", "11201",
            ]),
        Dialect(
            .week, "https://docs.bigmodel.cn/cn/api/api-code, https://github.com/openai/codex, https://support.anthropic.com",
            codes: ["*per_week*", "*weekly*"],
            says: ["per week", "per-week", "per_week", "perweek", "/week", "/ week", "weekly", "7 days", "7-day", "每周", "本周", "週間"]),
        Dialect(
            .month, "https://docs.cohere.com/docs/rate-limits, https://docs.bigmodel.cn/cn/api/api-code",
            codes: ["*per_month*", "*monthly*"],
            says: [
                "per month", "permonth", "per-month", "/month", "/ month", "monthly", "per_month", "this month", "billing cycle", "每月", "本月", "当月",
                "月間",
                "1か月", "в месяц", "por mes", "por mês", "par mois", "pro monat",
            ]),

        // MARK: Load
        Dialect(
            .busy, "https://docs.anthropic.com/en/api/errors, https://platform.openai.com/docs/guides/error-codes",
            codes: [
                "overloaded", "overloaded_error", "engine_overloaded", "engine_overloaded_error", "server_overloaded", "model_overloaded",
                "slow_down",
            ],
            says: ["overloaded", "engine is currently", "high demand", "high load", "server overloaded"]),
        Dialect(
            .busy, "https://ai.google.dev/gemini-api/docs/troubleshooting", codes: ["model_capacity_exhausted", "capacity_exhausted"],
            says: ["capacity_exhausted", "capacity available", "no capacity"]),
        Dialect(
            .busy, "https://inference-docs.cerebras.ai/support/error, https://console.groq.com/docs/errors",
            codes: ["queue_exceeded", "capacity_exceeded", "over_capacity", "model_at_capacity", "insufficient_capacity", "out_of_capacity"],
            says: [
                "queue_exceeded", "high traffic", "capacity exceeded", "at capacity", "over capacity", "out of capacity", "insufficient capacity",
                "capacity constraints",
            ]),
        Dialect(
            .busy,
            "https://github.com/ollama/ollama, https://github.com/ggml-org/llama.cpp, https://github.com/huggingface/text-generation-inference",
            codes: ["server_busy", "model_busy", "resource_busy", "slot_unavailable", "too_busy"],
            says: [
                "server busy", "server is busy", "maximum pending requests", "no slots available", "slot unavailable", "llm busy", "too busy",
                "is busy",
                "loading model", "model is loading", "is currently loading", "queue is full", "queue full", "model too busy", "model is overloaded",
            ]),
        Dialect(.busy, "https://openrouter.ai/docs/api-reference/errors", says: ["temporarily rate-limited upstream"]),
        Dialect(
            .busy, "https://docs.siliconflow.cn/en/faqs/error-code; codes 50505, 50603", codes: ["50505", "50603", "50604"],
            says: ["system is too busy"]),
        Dialect(.busy, "https://developers.cloudflare.com/workers-ai/platform/errors/", codes: ["3040"], says: ["no more data centers to forward"]),
        Dialect(.busy, "https://docs.bigmodel.cn/cn/api/api-code", codes: ["1305", "1312"], says: ["访问量过大", "流量限制"]),
        Dialect(.busy, "https://docs.aws.amazon.com/bedrock", codes: ["modelnotreadyexception", "serviceunavailableexception"]),
        Dialect(
            .busy, "https://www.volcengine.com/docs/82379/1299023, https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh",
            codes: ["serveroverloaded", "error_code=2", "error_code=4", "error_code=336100", "server_overload"]),
        Dialect(
            .busy, "relays and providers in other languages",
            says: [
                "系统繁忙", "服务繁忙", "服务器繁忙", "模型繁忙", "负载已饱和", "负载过高", "負荷", "混雑", "混み合って", "過負荷", "サーバーがビジー", "сервер перегружен", "перегружен",
                "과부하", "сервер занят", "surchargé", "überlastet", "sobrecargado", "sovraccarico",
            ]),
    ]
}
