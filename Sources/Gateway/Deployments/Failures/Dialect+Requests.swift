/// What providers say of one request: too long, too dear, a parameter, its content.
extension Dialect {
    static let aboutRequests: [Dialect] = [
        // MARK: The prompt is too long
        Dialect(
            .overflow, "https://platform.openai.com/docs/guides/error-codes",
            codes: ["context_length_exceeded", "string_above_max_length", "max_tokens_exceeded", "max_context_length_exceeded"],
            says: [
                "maximum context length", "exceeds the context window", "exceed the context window", "exceeds context window",
                "reduce the length of the messages", "reduce the length of your", "reduce your message size", "reduce your prompt",
                "input tokens exceed the configured limit", "string too long. expected a string with maximum length",
            ]),
        Dialect(
            .tier, "https://platform.openai.com/docs/guides/rate-limits, https://console.groq.com/docs/rate-limits",
            says: ["request too large", "tokens must be reduced"]),
        Dialect(
            .tier, "https://openrouter.ai/docs/api-reference/limits; https://github.com/continuedev/continue/issues/11227 (402)",
            says: ["prompt tokens limit exceeded: # > #"]),
        Dialect(
            .tier, "https://docs.anthropic.com/en/api/rate-limits; https://github.com/anthropics/claude-code/issues/42616 (429), 50784 and 53607",
            says: [
                "required for long context requests", "required for 1m context", "long context beta is not", "long context requests are not",
                "long-context requests are not",
            ]),
        Dialect(
            .tier, "relays that bound single requests by the plan (https://www.arliai.com, https://docs.cerebras.ai, https://nano-gpt.com)",
            says: [
                "context length allowed for your plan", "context allowed for your plan", "exceeds your plan's context", "tokens per request",
                "per-request token limit", "exceeds the per-request limit", "token limit per request", "exceeds the free tier limit of # tokens",
                "单次请求 token", "单次请求token", "单次请求的 token",
            ]),
        Dialect(
            .overflow, "https://docs.anthropic.com/en/api/errors", codes: ["request_too_large", "prompt_too_long", "context_window_exceeded"],
            says: [
                "prompt is too long", "prompt too long", "exceed context limit", "exceeds context limit", "exceeds the context limit",
                "request exceeds the maximum size", "context limit exceeded", "maximum context limit",
            ]),
        Dialect(
            .overflow, "https://docs.x.ai/docs/guides/chat; reported by users of opencode and pi",
            says: ["maximum prompt length", "but the request contains # tokens"]),
        Dialect(
            .overflow, "https://ai.google.dev/gemini-api/docs/troubleshooting",
            says: [
                "input token count", "exceeds the maximum number of tokens", "exceeds the maximum number of input tokens",
                "request payload size exceeds the limit",
            ]),
        Dialect(
            .overflow, "https://help.aliyun.com/en/model-studio/error-code",
            says: [
                "range of input length should be", "input length should be", "exceeds the maximum length of the model", "输入长度", "上下文长度",
                "超出模型上下文", "超过最大长度", "超出最大长度", "超过模型最大", "超出模型最大", "内容过长", "输入过长", "超长", "最大上下文",
            ]),
        Dialect(
            .overflow, "https://lmstudio.ai/docs; https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/237",
            says: [
                "when context the overflows", "when context overflows", "context length of only # tokens", "greater than the context length",
                "context overflow", "not enough context length", "larger than the context length",
            ]),
        Dialect(
            .overflow, "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md", codes: ["exceed_context_size_error"],
            says: [
                "exceeds the available context size", "context size has been exceeded", "exceed context window", "exceed context size",
                "larger than the maximum context size", "the request exceeds the context", "input is larger than the max context size",
                "input is too large to process", "tokens) is too large to process", "increase the physical batch size",
                "context shift is disabled",
            ]),
        Dialect(
            .overflow, "https://github.com/abetlen/llama-cpp-python/issues/1346",
            says: ["requested tokens (#) exceed context window of #"]),
        Dialect(
            .overflow, "https://github.com/vllm-project/vllm/issues/12165, 19464, 20409, 33418",
            says: [
                "context length is only", "longer than the maximum model length", "is too long to fit into the model",
                "max_tokens must be at least 1, got -", "is longer than the model", "exceeds the model's max", "exceeds the model's context",
                "exceeds model's max", "exceeds max_model_len", "larger than max_model_len", "max_model_len",
                "the prompt contains at least # input tokens",
            ]),
        Dialect(
            .overflow, "https://github.com/sgl-project/sglang/issues/4482",
            says: [
                "requested token count exceeds the model", "longer than the model's context length", "exceeds the maximum allowed length",
                "input length (#) exceeds",
            ]),
        Dialect(
            .overflow, "https://github.com/ollama/ollama/issues/7043, 12206",
            says: [
                "input length exceeds the context length", "input length exceeds maximum context length", "exceeded max context length",
                "exceeded context length", "exceeds maximum context length",
            ]),
        Dialect(
            .overflow, "https://github.com/huggingface/text-generation-inference/issues/1010",
            says: [
                "tokens + `max_new_tokens` must be", "`inputs` must have less than # tokens", "inputs must have less than # tokens",
                "length limit exceeded", "must have less than # tokens",
            ]),
        Dialect(
            .overflow, "https://github.com/NVIDIA/TensorRT-LLM/issues/2494",
            says: [
                "prompt length (#) exceeds maximum input length", "prompt length # exceeds", "should not exceed max_num_tokens",
                "exceeds max_input_len", "exceeds maximum sequence length", "exceeds max_seq_len", "exceeds max sequence length",
            ]),
        Dialect(
            .overflow, "https://github.com/theroyallab/tabbyAPI/wiki", says: ["is greater than max_seq_len", "greater than the max sequence length"]),
        Dialect(
            .overflow, "https://github.com/InternLM/lmdeploy/issues/2234", says: ["exceeds session_len", "exceed session_len", "> session_len"]),
        Dialect(
            .overflow, "https://docs.together.ai/docs/error-codes",
            says: ["must be less than the context length", "longer than the model's context", "must be <= #. given"]),
        Dialect(
            .overflow, "https://docs.mistral.ai; code 3051, reported by users of opencode and pi", codes: ["3051"],
            says: ["too large for model with # maximum context"]),
        Dialect(
            .overflow, "https://docs.cohere.com/reference/errors",
            says: ["total number of tokens in the prompt", "total number of tokens in the prompt cannot exceed", "too many tokens: "]),
        Dialect(
            .overflow, "https://platform.moonshot.ai/docs/api/chat",
            says: ["exceeded model token limit", "exceeds model token limit", "input token length too long", "token length too long"]),
        Dialect(
            .overflow, "https://platform.minimax.io/docs/api-reference/errorcode.md",
            says: ["context window exceeds limit", "context window exceeded", "context window full", "context window limit"]),
        Dialect(
            .overflow, "https://docs.z.ai/api-reference/api-code, https://docs.bigmodel.cn/cn/api/api-code",
            codes: ["1261", "model_context_window_exceeded"],
            says: ["prompt exceeds max length", "tokens in request more than max tokens allowed", "prompt 超长"]),
        Dialect(
            .overflow, "https://cloud.baidu.com/doc/qianfan-api/s/Om9b4yj3w, https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh",
            codes: ["tokens_too_long", "characters_too_long", "error_code=336103", "error_code=336007", "error_code=336104"],
            says: ["prompt tokens too long", "the max input characters is", "max length of current question"]),
        Dialect(
            .overflow, "https://www.volcengine.com/docs/82379/1299023",
            says: [
                "exceed max message tokens", "exceeds max message tokens", "exceed the max token", "exceeds the max token",
                "input length # exceeds the maximum length #", "total tokens # exceeds the maximum", "exceeds the maximum input length",
            ]),
        Dialect(
            .overflow, "https://help.aliyun.com/en/model-studio/error-code: of messages together",
            says: ["total message token length exceed", "message token length exceed", "token length exceed model limit"]),
        Dialect(
            .overflow, "https://deepinfra.com/docs (500)",
            says: ["input length # exceeds maximum input length #", "exceeds maximum input length", "exceed maximum input length"]),
        Dialect(
            .overflow, "https://docs.siliconflow.cn/en/faqs/error-code; code 20015",
            says: ["must be less than max_seq_len", "max_seq_len", "max_total_tokens"]),
        Dialect(
            .overflow, "https://www.xfyun.cn/doc/spark/接口说明.html; code 10907", codes: ["10907"], says: ["token count exceeds", "token数超"]),
        Dialect(
            .overflow, "https://developers.cloudflare.com/workers-ai/platform/errors/; code 5021",
            codes: ["5021"], says: ["exceeded this model context window", "exceeds this model context window", "context window limit (#)"]),
        Dialect(
            .overflow, "https://docs.github.com/en/github-models; https://github.com/orgs/community/discussions/149698",
            codes: ["tokens_limit_reached"], says: ["max size: # tokens"]),
        Dialect(.tier, "https://github.com/orgs/community/discussions/149698", codes: ["tokens_limit_reached"], says: ["request body too large for"]),
        Dialect(
            .overflow, "GitHub Copilot; https://github.com/ericc-ch/copilot-api",
            codes: ["model_max_prompt_tokens_exceeded", "max_prompt_tokens_exceeded"],
            says: ["prompt token count of # exceeds the limit of #", "exceeds the limit of # tokens"]),
        Dialect(
            .overflow, "https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html",
            says: [
                "input is too long", "input too long", "too many input tokens", "too many total text bytes", "expected maxlength:",
                "number of input tokens exceeds", "input tokens exceeded", "prompt tokens exceeded",
            ]),
        Dialect(
            .overflow, "https://inference-docs.cerebras.ai/support/error; https://docs.sambanova.ai",
            says: ["current length is # while limit is #", "exceeds the maximum sequence length", "exceed the maximum sequence length"]),
        Dialect(
            .overflow, "https://openrouter.ai/docs/api-reference/errors", says: ["maximum allowed input length", "use the \"middle-out\" transform"]),
        Dialect(
            .overflow, "https://ai21.com, https://www.ibm.com/docs/en/watsonx; the mapping of https://github.com/BerriAI/litellm names both",
            says: ["prompt has too many tokens", "cannot exceed the total tokens limit", "input text length should not exceed"]),
        Dialect(
            .overflow, "https://github.com/sst/opencode (packages/llm/src/provider-error.ts), DS4 and others",
            codes: ["context_overflow", "input_too_long", "input_length_exceeded", "token_limit_exceeded", "prompt_tokens_exceeded"],
            says: [
                "but the configured context size is", "context_length_exceeded", "context length exceeded", "exceeded the context window",
                "exceeds model context", "exceeds the model context", "exceeds token limit", "context length error",
                "exceeds maximum length of # tokens",
                "larger than the context window", "does not fit in the context", "doesn't fit in the context", "longer than the context",
                "too long for the context", "exceeds context length", "exceeds the context length", "exceed the context length",
                "exceed context length", "exceeds the context size", "exceeds the token limit",
            ]),
        Dialect(
            .overflow, "https://yandex.cloud/docs/foundation-models/concepts/limits",
            says: ["number of input tokens must be no more than #", "number of tokens must be no more than #"]),
        Dialect(
            .overflow, "nginx and other proxies (413)", says: ["payload too large", "entity too large"]),
        Dialect(
            .overflow, "relays and servers in other languages",
            says: [
                "トークン数が上限", "最大コンテキスト", "コンテキスト長", "컨텍스트 길이", "最大 token", "длина контекста", "контекстного окна", "longitud máxima del contexto",
                "longueur maximale du contexte", "kontextlänge", "comprimento máximo do contexto", "lunghezza massima del contesto",
                "контекст слишком",
                "превышает максимальную длину контекста", "上下文過長", "超出上下文", "超過上下文", "độ dài ngữ cảnh", "bağlam uzunluğu",
            ]),
        Dialect(
            .perhapsOverflow, "https://docs.aws.amazon.com/bedrock, https://docs.cohere.com: said of prompts, and of limits",
            says: ["too many tokens", "token limit exceeded", "maximum number of tokens", "context window", "context size", "context length"]),

        // MARK: Too dear
        Dialect(
            .unaffordable, "https://openrouter.ai/docs/api-reference/errors; https://github.com/RooCodeInc/Roo-Code/issues/4235",
            says: ["can only afford #"]),
        Dialect(
            .unaffordable, "https://github.com/QuantumNous/new-api (service/pre_consume_quota.go)",
            says: [
                "预扣费额度失败*剩余额度: #", "剩余额度: #, 需要预扣费额度", "token remain quota: #, need quota", "user quota: #, need quota",
                "remain quota: #, need quota",
                "pre-consumed quota failed*user quota: #", "pre-consumed quota failed*remaining quota: #",
            ]),
        Dialect(
            .unaffordable, "relays that reserve `max_tokens` before they ask (https://docs.litellm.ai, https://docs.aihubmix.com)",
            says: [
                "balance=# required=#", "balance # is less than the estimated", "balance: #, required: #", "available: #, required: #",
                "requires # credits*have # ", "requires # credits*only # ", "estimated cost*exceeds*balance of #",
                "estimated cost*exceeds*remaining #",
            ]),

        // MARK: A parameter
        Dialect(
            .parameter, "https://platform.openai.com/docs/guides/error-codes",
            codes: [
                "unsupported_parameter", "unsupported_value", "unknown_parameter", "unrecognized_request_argument", "not_supported_error",
                "extra_forbidden", "unsupported_feature", "unsupported_content_type", "unsupported_modality",
            ],
            says: [
                "unsupported parameter", "unsupported value", "not supported with this model", "is not supported", "are not supported",
                "does not support", "do not support", "doesn't support", "don't support", "not supported by", "isn't supported", "aren't supported",
                "is unsupported", "not yet supported", "only supports", "only support ", "not support", "unknown parameter",
                "unrecognized request argument",
                "unrecognized_request", "unrecognized field", "unexpected keyword argument", "unexpected parameter",
            ]),
        Dialect(
            .parameter, "https://docs.pydantic.dev (FastAPI, vLLM, Mistral, Fireworks)",
            says: [
                "extra inputs are not permitted", "extra fields not permitted", "extra_forbidden", "additional properties are not allowed",
                "unknown field", "unsupported_parameter", "unsupported_value", "unknown_parameter",
            ]),
        Dialect(
            .parameter,
            "https://ai.google.dev/gemini-api/docs/troubleshooting; https://github.com/agno-agi/agno/issues/3505, khoj-ai/khoj#1149: Gemma",
            says: [
                "unknown name", "is not enabled for models/", "is not enabled for model", "is not enabled for this model",
                "is not enabled for the model",
                "modality is not enabled", "the supported range is from #",
            ]),
        Dialect(
            .parameter, "https://api-docs.deepseek.com/api/create-chat-completion: bounds, forms of answers, and kinds of content",
            says: [
                "invalid max_tokens value", "valid range of max_tokens", "response_format type is unavailable", "unknown variant `",
                "reasoning_content is a message field",
            ]),
        Dialect(
            .parameter, "https://console.groq.com/docs/api-reference: schemas of its own",
            says: ["value must be a string", "must be a string", "number must be at most", "value is not one of the allowed values"]),
        Dialect(
            .parameter, "https://docs.pydantic.dev (string_type): content in parts, where only text is known",
            says: ["input should be a valid string", "str type expected", "content should be a string"]),
        Dialect(
            .parameter, "https://platform.openai.com/docs/guides/images-vision and servers without vision",
            says: [
                "is only supported by", "are only supported by", "only supported by certain models", "is only supported in", "are only supported in",
                "is only available for", "only text content", "only text input", "text-only model", "is a text-only", "not a vision model",
                "image inputs are not", "images are not", "does not accept image", "cannot process image", "can't process image",
                "no image processor", "multimodal content is not", "does not have vision", "does not have image",
            ]),
        Dialect(
            .parameter, "templates of models (https://github.com/vllm-project/vllm/issues/6890): which roles there are, and in which order",
            says: [
                "roles must alternate", "only user and assistant roles", "only user, assistant", "unknown role", "unexpected role",
                "unexpected message role", "is not one of ['system'", "invalid role", "role must be one of",
            ]),
        Dialect(
            .parameter, "relays and servers that can do less than others",
            says: [
                "not available for this model", "not allowed for this model", "not allowed with this model", "not permitted for this model",
                "unavailable for this model", "disabled for this model", "not enabled on this model", "not compatible with this model",
                "is incompatible with", "not compatible with", "cannot be used with", "can't be used with", "cannot be combined with",
                "function calling is disabled", "tool calling is disabled", "tool use is disabled", "not implemented", "must have stream=true",
                "streaming is required", "requires streaming", "must be set to false for non-streaming", "number of choices must be",
            ]),
        Dialect(
            .parameter, "https://openrouter.ai/docs/features/provider-routing",
            says: ["endpoints found that support", "no endpoints found that can handle the requested", "no allowed providers are available"]),
        Dialect(
            .parameter, "https://github.com/ggml-org/llama.cpp/issues/12196",
            says: ["requires --jinja", "image input is not supported", "without mmproj"]),
        Dialect(
            .parameter, "https://github.com/vllm-project/vllm/issues/7912",
            says: ["requires --enable-auto-tool-choice", "\"auto\" tool choice requires", "tool choice requires", "is not a multimodal model"]),
        Dialect(
            .parameter, "https://github.com/tashfeenahmed/freellmapi/pull/80: a bound of this model's; another takes more",
            says: [
                "max_tokens must be between", "max_tokens must be less than or equal", "max_tokens is too large",
                "max_completion_tokens is too large",
                "max_tokens` must be less than", "max_completion_tokens` must be less than", "max_output_tokens` must be less than",
                "range of max_tokens should be", "max_tokens: # >", "maximum value for `max_tokens`",
                "maximum value for `max_completion_tokens`", "max output tokens", "max_tokens should be", "exceeds the maximum output",
                "supports at most # completion tokens", "supports at most # output tokens", "supports at most # tokens",
                "maximum tokens you requested exceeds",
                "maximum allowed number of output tokens", "maximum number of output tokens", "max_output_tokens must be", "max_new_tokens must be",
                "max_completion_tokens must be", "maxoutputtokens",
            ]),
        Dialect(
            .parameter, "https://github.com/ericc-ch/copilot-api: a model that has another endpoint",
            codes: ["unsupported_api_for_model"], says: ["is not accessible via the /", "unsupported_api_for_model"]),
        Dialect(
            .parameter, "https://docs.vllm.ai/en/latest/features/multimodal_inputs.html: how many pictures, sounds and films one prompt may have",
            says: [
                "may be provided in one request", "may be provided in one prompt", "limit-mm-per-prompt", "limit_mm_per_prompt",
                "at most # image", "at most # audio", "at most # video",
            ]),
        Dialect(
            .parameter, "https://docs.siliconflow.cn/en/faqs/error-code; code 20041", codes: ["20041"],
            says: ["is not a vlm", "vision language model", "use text-only prompts", "use text-only prompt"]),
        Dialect(
            .parameter, "https://platform.openai.com/docs/guides/audio: a model that needs sound",
            says: ["requires that either input content or output modality contain audio", "output modality contain audio"]),
        Dialect(
            .parameter, "https://www.volcengine.com/docs/82379/1299023, https://platform.openai.com/docs/api-reference/chat: a bound of this model's",
            says: [
                "max_tokens* above maximum value", "max_completion_tokens* above maximum value", "max_output_tokens* above maximum value",
                "max_tokens* below minimum value", "max_completion_tokens* below minimum value", "max_output_tokens* below minimum value",
            ]),
        Dialect(
            .parameter, "https://inference-docs.cerebras.ai/capabilities/tool-use", says: ["tools with mixed values"]),
        Dialect(
            .parameter, "https://ai.google.dev/gemini-api/docs/thinking: how much a model must think, and what it has signed",
            says: [
                "budget # is invalid", "only works in thinking mode", "missing a thought_signature", "missing a `thought_signature`",
                "thought signature is not valid", "thought signature is missing", "corrupted thought signature",
            ]),
        Dialect(
            .parameter,
            "https://api-docs.deepseek.com/guides/thinking_mode, https://platform.moonshot.ai/docs: thoughts that another model did not give",
            says: [
                "reasoning_content` field in the assistant message", "reasoning_content field in the assistant message",
                "reasoning_content is missing", "reasoning_content` is missing", "reasoning_content in the thinking mode must",
                "reasoning_content` in the thinking mode must",
            ]),
        Dialect(
            .parameter, "https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking: thoughts that another model has signed",
            says: ["` in `thinking` block", "must start with a thinking block", "expected `thinking` or `redacted_thinking`"]),
        Dialect(
            .parameter, "https://docs.perplexity.ai, https://docs.mistral.ai, https://docs.anthropic.com: whose the last message may be",
            says: [
                "last message must have role", "last message must be", "last message should be", "last message cannot be", "last message can't be",
                "expected last role", "must end with a user message", "must end with user message", "should alternate with assistant message",
            ]),
        Dialect(
            .parameter, "relays and servers in other languages",
            says: [
                "不支持", "不支援", "サポートされていません", "サポートしていません", "対応していません", "지원하지 않", "지원되지 않", "не поддерживается", "не поддерживает",
                "nicht unterstützt",
                "no es compatible", "no soporta", "no admite", "pas pris en charge", "ne prend pas en charge", "non supporté", "non è supportat",
                "non supporta", "não suporta", "não é suportad", "desteklenmiyor", "không hỗ trợ", "tidak didukung", "niet ondersteund",
                "nie jest obsługiwan",
            ]),

        // MARK: The content
        Dialect(
            .content, "https://platform.openai.com/docs/guides/error-codes",
            codes: [
                "content_filter", "content_policy_violation", "moderation_blocked", "invalid_prompt", "image_content_policy_violation",
                "safety_violation",
                "cyber_policy_violation",
            ],
            says: [
                "content_filter", "content_policy", "content policy", "moderation", "flagged", "safety system", "usage policies", "usage policy",
                "violating our usage", "content filter", "safety policy", "safety filter", "safety reasons",
            ]),
        Dialect(
            .content, "https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter", codes: ["responsibleaipolicyviolation"],
            says: ["content management policy", "responsibleaipolicyviolation"]),
        Dialect(
            .content, "https://help.aliyun.com/en/model-studio/error-code", codes: ["data_inspection_failed", "datainspectionfailed"],
            says: ["data_inspection_failed", "inappropriate content"]),
        Dialect(
            .content, "https://ai.google.dev/gemini-api/docs/safety-settings", codes: ["prohibited_content", "safety", "blocklist", "spii"],
            says: ["prohibited_content", "prohibited content", "blocked due to safety", "sensitive content"]),
        Dialect(
            .content, "https://api-docs.deepseek.com, https://docs.x.ai, https://docs.anthropic.com",
            says: ["content exists risk", "violates usage guidelines", "violates our usage guidelines", "content filtering policy"]),
        Dialect(
            .content, "https://docs.bigmodel.cn/cn/api/api-code", codes: ["1301"], says: ["不安全或敏感内容", "敏感内容", "敏感词", "内容违规", "安全审核", "内容审核"]),
        Dialect(
            .content, "https://platform.minimax.io/docs/api-reference/errorcode.md", codes: ["status_code=1026", "status_code=1027"],
            says: ["input new_sensitive", "output new_sensitive"]),
        Dialect(
            .content, "https://www.volcengine.com/docs/82379/1299023",
            codes: ["sensitivecontentdetected*", "inputtextsensitive*", "outputtextsensitive*", "*riskdetection", "inputimagesensitive*"],
            says: ["may contain sensitive information"]),
        Dialect(
            .content, "https://platform.stepfun.com/docs (451)", codes: ["censorship_blocked", "censorship"], says: ["censorship"]),
        Dialect(
            .content, "https://github.com/QuantumNous/new-api", codes: ["sensitive_words_detected", "prompt_blocked", "safety_check_failed"],
            says: ["guardrail intervened", "blocked by guardrail"]),
    ]
}
