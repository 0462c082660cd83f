/// What providers say of a model: that it is gone, not for this account, or could not be understood itself.
extension Dialect {
    static let aboutModels: [Dialect] = [
        // MARK: Gone, or not yours
        Dialect(
            .gone, "https://platform.openai.com/docs/guides/error-codes",
            codes: [
                "model_not_found", "model_not_exist", "model_does_not_exist", "unknown_model", "no_such_model", "model_deprecated", "model_retired",
                "model_not_available", "model_unavailable", "model_not_allowed", "model_access_denied", "model_not_supported", "unsupported_model",
                "model_disabled", "model_not_enabled", "model_restricted",
            ],
            says: [
                "model_not_found", "model not found", "model not exist", "model does not exist", "model doesn't exist", "unknown model",
                "no such model",
                "model not available", "model is no longer", "model has been deprecated", "model is deprecated", "model_not_available",
                "does not have access to model", "do not have access to the model", "don't have access to the model", "not have access to model",
                "no access to model", "not have access to this model", "the model * does not exist", "model * does not exist", "model * is not found",
                "model * was not found", "the requested model is not", "requested model is not supported", "requested model does not exist",
                "model * is not supported when", "model * is not available", "model is not available", "model * is unavailable", "unsupported model",
                "model * has been retired",
                "model * was retired", "model * has been deprecated", "model * is deprecated", "model * has been removed",
                "model * has been shut down",
                "model * has been discontinued", "model * is no longer available", "model * is no longer supported", "model has been retired",
                "model has been removed", "model has been discontinued", "cannot find model", "could not find model", "can't find model",
                "not found the model", "no model named", "model * not exist", "model name is invalid", "model * was removed",
                "model * was deprecated",
                "model * was discontinued", "model * was shut down", "model * was decommissioned", "model * was sunset", "model * has been sunset",
                "model * has been deactivated", "model * has reached its end", "unable to access model", "model * is no longer offered",
            ]),
        Dialect(
            .gone, "https://console.groq.com/docs/deprecations", codes: ["model_decommissioned"], says: ["model_decommissioned", "decommissioned"]),
        Dialect(
            .gone, "https://console.groq.com/docs/model-permissions",
            codes: ["model_permission_blocked_org", "model_permission_blocked_project"],
            says: ["blocked at the organization level", "blocked at the project level", "blocked at the workspace level"]),
        Dialect(
            .gone, "https://openrouter.ai/docs/api-reference/errors",
            says: [
                "not a valid model", "no endpoints found for", "no longer available as a free model", "free period of this model has ended",
                "free period for this model has ended", "free version of this model", "this model is no longer free",
            ]),
        Dialect(
            .gone, "https://github.com/mostlygeek/llama-swap", says: ["could not find real modelid", "could not find suitable inference handler"]),
        Dialect(
            .gone, "https://docs.mistral.ai; code 1500", codes: ["invalid_model", "1500"],
            says: ["invalid_model", "invalid model", "model is not enabled"]),
        Dialect(.gone, "https://learn.microsoft.com/azure/ai-services/openai", codes: ["deploymentnotfound"], says: ["deploymentnotfound"]),
        Dialect(.gone, "https://docs.nvidia.com/nim (Cloud Functions)", says: ["not found for account"]),
        Dialect(
            .gone, "https://help.aliyun.com/en/model-studio/error-code", codes: ["modelnotfound", "model.accessdenied", "model_access_not_allowed"],
            says: ["model access denied", "model not exist"]),
        Dialect(
            .gone, "https://docs.bigmodel.cn/cn/api/api-code", codes: ["1211", "1220", "1221", "1222", "1311"], says: ["模型不存在", "暂未开放", "模型已下线"]),
        Dialect(
            .gone, "https://docs.siliconflow.com/en/faqs/error-code", codes: ["20012", "30003"],
            says: ["model does not exist. please check", "model disabled"]),
        Dialect(
            .gone, "https://www.volcengine.com/docs/82379/1299023",
            codes: ["modelnotopen", "invalidendpointormodel*", "invalidendpoint.notfound", "accessdenied.model"],
            says: ["has not activated the model", "model or endpoint * does not exist"]),
        Dialect(
            .gone, "https://cloud.baidu.com/doc/qianfan-api/s/Om9b4yj3w", codes: ["no_permission_model", "invalid_model_id", "error_code=336125"]),
        Dialect(
            .gone, "https://developers.cloudflare.com/workers-ai/platform/errors/", codes: ["5007", "3042", "5018", "3041", "5035"],
            says: ["no such model"]),
        Dialect(
            .gone, "https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html",
            says: [
                "don't have access to the model with the specified model id", "provided model identifier is invalid", "on-demand throughput isn",
                "model is marked by provider as legacy", "reached the end of its life",
            ]),
        Dialect(
            .gone, "https://lmstudio.ai/docs, https://github.com/ollama/ollama",
            says: ["no models loaded", "try pulling it first", "model is not loaded", "no model is loaded"]),
        Dialect(
            .gone, "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md (the router), https://github.com/mostlygeek/llama-swap",
            says: [
                "model '*' not found", "model \"*\" not found", "model `*` not found", "could not find real modelid",
                "could not find suitable inference handler",
            ]),
        Dialect(
            .gone, "https://docs.fireworks.ai/troubleshooting, https://huggingface.co/docs/inference-providers",
            says: [
                "model not found, inaccessible", "is not deployed", "not supported by any provider you have enabled", "not supported by provider",
                "model * is not a chat model", "not a chat model",
            ]),
        Dialect(
            .gone, "https://docs.zenmux.ai/guide/advanced/error-codes.html, https://docs.github.com/copilot",
            says: [
                "not included in your plan", "not included in your subscription", "not available on your plan", "not available in your plan",
                "not included in current subscription", "requires a paid plan", "requires workers paid", "requires a pro subscription",
                "requires a higher plan",
                "only available on paid", "only available to paid", "upgrade your plan to use", "not available for your tier",
                "not available on the free",
            ]),
        Dialect(
            .gone, "https://github.com/songquanpeng/one-api/issues/1548, https://github.com/QuantumNous/new-api",
            says: [
                "no available channel for model", "下对于模型*无可用渠道", "无可用渠道", "无权访问模型", "无权访问该模型", "无权使用模型", "没有权限访问模型", "模型未找到", "找不到模型", "该模型不可用",
                "not authorized to access the requested model", "not authorized to use model", "token does not have access to model",
                "no permission to use model",
                "key is not allowed to access model", "key not allowed to access model", "team not allowed to access model",
            ]),
        Dialect(
            .gone, "relays and providers in other languages",
            says: [
                "モデルが見つかりません", "モデルは存在しません", "モデルが存在しません", "모델을 찾을 수 없", "модель не найдена", "модель не существует", "模型已停用", "模型已废弃", "找不到該模型",
                "modelo no encontrado", "modèle introuvable",
                "modell nicht gefunden",
            ]),
        Dialect(
            .absent,
            "404 of any server, where models are spoken of; https://docs.anthropic.com/en/api/errors, https://docs.cohere.com/docs/deprecations",
            codes: ["not_found_error", "not_found", "not_found_exception", "notfound"],
            says: [
                "not found", "not exist", "no longer", "been removed", "was removed", "been retired", "was retired", "been deleted", "was deleted",
                "end of life", "unknown", "not have access", "has ended", "has expired", "could not find", "couldn't find", "cannot find",
                "can't find", "unable to find", "could not be found", "no such", "discontinued", "sunset",
            ]),
        Dialect(
            .path, "404 and 405 of any server",
            codes: ["unknown_url", "method_not_allowed", "route_not_found", "invalid_url"],
            says: [
                "unknown_url", "unknown url", "invalid url", "unknown request url", "no route", "cannot post", "page not found",
                "route not found", "path not found", "no such route", "unrecognized request url", "method not allowed", "endpoint not found",
                "unknown endpoint", "no static resource", "resource not found", "unexpected endpoint or method", "could not find the route",
            ]),

        // MARK: Its own output
        Dialect(
            .garbled, "https://console.groq.com/docs/tool-use, https://github.com/tashfeenahmed/freellmapi/issues/168",
            codes: [
                "tool_use_failed", "json_validate_failed", "output_parse_failed", "json_generation_failed", "structured_output_failed",
                "failed_generation",
            ],
            says: [
                "failed to call a function", "failed to validate json", "failed to generate json", "failed_generation",
                "the model generated output that could not be parsed",
                "generated json does not match", "tool call validation failed", "tool choice is required, but model did not call a tool",
                "model called a tool", "attempted to call tool", "which was not in request.tools",
            ]),
        Dialect(
            .garbled, "https://github.com/ggml-org/llama.cpp/issues/14697",
            says: ["failed to parse tool call arguments", "failed to parse input at pos", "failed to parse messages: json"]),
        Dialect(
            .garbled, "https://github.com/ollama/ollama/issues/12064, 12884, 14492",
            says: [
                "error parsing tool call", "tool call parsing failed", "failed to parse json: unexpected end",
                "failed to parse json: invalid character",
                "error parsing function call",
            ]),
        Dialect(
            .garbled, "https://github.com/gents-ai/gents/pull/481 (vLLM), https://github.com/vllm-project/vllm/issues/22403 (harmony)",
            says: [
                "expecting ',' delimiter: line #", "expecting value: line #", "expecting property name enclosed in double quotes",
                "expecting ':' delimiter: line #",
                "unterminated string starting at: line #", "invalid \\escape: line #", "extra data: line #",
                "unexpected tokens remaining in message header",
                "unknown role in harmony", "while expecting start token", "harmonyerror",
            ]),
        Dialect(
            .garbled, "https://platform.openai.com/docs/guides/structured-outputs",
            codes: ["invalid_model_output", "model_output_error", "model_error"],
            says: [
                "model produced invalid content", "model produced an invalid", "model output is not valid json", "model output could not be parsed",
                "invalid model output",
            ]),
        Dialect(
            .garbled, "https://ai.google.dev/api/generate-content (FinishReason)",
            codes: [
                "malformed_function_call", "unexpected_tool_call", "malformed_response", "missing_thought_signature", "*malformed_function_call",
                "*malformed_tool_call",
            ],
            says: ["malformed function call", "malformed_function_call"]),
        Dialect(
            .garbled, "https://inference-docs.cerebras.ai/capabilities/tool-use, https://docs.sambanova.ai",
            says: [
                "failed to generate tool_calls", "failed to generate tool call", "failed to generate function call", "not present in the tools list",
                "model did not output valid json", "model did not output a valid", "model did not generate valid json",
            ]),
        Dialect(.garbled, "https://developers.cloudflare.com/workers-ai/features/json-mode/", says: ["json mode couldn't be met"]),
        Dialect(
            .garbled, "https://docs.aws.amazon.com/bedrock", codes: ["modelerrorexception"],
            says: ["model produced invalid sequence as part of tooluse", "invalid sequence as part of tooluse"]),
        Dialect(
            .garbled, "https://docs.cohere.com, https://docs.together.ai, https://docs.mistral.ai and agents' own lists (hermes-agent#12777)",
            codes: [
                "tool_call_parse_error", "invalid_tool_call", "tool_call_failed", "function_call_error", "function_call_failed",
                "invalid_tool_generation",
                "tool_parse_error", "invalid_function_call", "json_schema_validation_failed", "response_format_failed", "malformed_tool_call",
                "malformed_output", "invalid_generation", "3230",
            ],
            says: [
                "invalid tool generation", "failed to parse tool call", "failed to parse function call", "could not parse tool call",
                "could not parse function call",
                "could not parse the model", "unable to parse tool call", "failed to parse the model", "failed to parse generated",
                "invalid json in tool call",
                "tool call could not be parsed", "model generated an invalid", "model generated invalid", "model returned invalid json",
                "model did not return valid json",
                "model response is not valid json", "generated tool call", "generated an invalid tool call", "hallucinated tool",
                "invalid generation",
                "malformed tool call", "failed to decode tool call", "model produced invalid tool call", "model output did not match",
                "did not match the json schema", "before generating a valid document", "invalid tool call arguments",
            ]),
    ]
}
