/// What providers say of their own trouble, whatever the status.
extension Dialect {
    static let aboutProviders: [Dialect] = [
        Dialect(
            .degraded, "https://docs.nvidia.com/cloud-functions: the state of a function, with a 400",
            says: [
                "degraded function", "function cannot be invoked", "function is not active", "is in an inactive state", "state: degraded",
                "instances are unavailable",
            ]),
        Dialect(
            .degraded, "https://www.volcengine.com/docs/82379/1299023", codes: ["invalidendpoint.closedendpoint", "internalserviceerror"],
            says: ["closed or temporarily unavailable"]),
        Dialect(
            .degraded,
            "https://docs.litellm.ai/docs/exception_mapping, https://docs.nvidia.com/cloud-functions: no connection to the server behind, with a 400",
            says: [
                "connection error", "error while making inference", "failed to connect to upstream", "could not reach the upstream",
                "upstream returned an error", "read timeout", "connection timed out",
            ]),
        Dialect(
            .degraded, "https://docs.bigmodel.cn/cn/api/api-code", codes: ["1234", "1230"], says: ["网络错误", "调用流程出错", "網路錯誤", "请求超时", "网络异常"]),
        Dialect(
            .degraded, "https://huggingface.co/docs/inference-endpoints",
            says: [
                "endpoint is paused", "endpoint is in error", "endpoint is scaled to zero", "endpoint is not ready", "endpoint failed",
                "is paused, ask a maintainer",
            ]),
        Dialect(
            .degraded, "https://github.com/QuantumNous/new-api (types/error.go)",
            codes: [
                "bad_response_status_code", "bad_response", "bad_response_body", "do_request_failed", "read_response_body_failed", "empty_response",
                "get_channel_failed", "channel:*", "upstream_error", "upstream_request_failed",
            ],
            says: ["bad response status code 5", "do request failed", "no available channel", "上游错误", "上游服务", "服务暂时不可用", "服务不可用", "渠道异常"]),
        Dialect(
            .degraded, "https://openrouter.ai/docs/api-reference/errors, https://docs.zenmux.ai/guide/advanced/error-codes.html",
            codes: [
                "provider_error", "provider_api_error", "no_provider_available", "provider_unavailable", "provider_internal_server_error",
                "provider_down",
            ],
            says: [
                "provider is down", "provider is unavailable", "provider is currently unavailable", "all providers failed", "no provider available",
                "provider disconnected",
            ]),
        Dialect(
            .degraded, "https://docs.litellm.ai, https://docs.vllm.ai, https://github.com/sgl-project/sglang",
            codes: [
                "internal_server_error", "server_error", "service_unavailable", "service_unavailable_error", "temporarily_unavailable",
                "internalservererror",
                "engine_error", "engine_dead", "enginedeaderror", "backend_error", "gateway_error", "bad_gateway", "internal_error",
                "inference_error", "unavailable",
                "model_crashed", "worker_unavailable", "upstream_timeout", "maintenance",
            ],
            says: [
                "temporarily unavailable", "currently unavailable", "service unavailable", "service is unavailable", "model is unavailable",
                "internal server error",
                "no healthy upstream", "upstream connect error", "upstream request timeout", "upstream error", "upstream unavailable",
                "upstream service",
                "connection refused", "connection reset", "backend is unhealthy", "backend unavailable", "worker is unavailable",
                "no workers available",
                "no available workers", "engine is dead", "enginecore encountered", "engine loop has died", "cuda out of memory", "out of memory",
                "cuda error",
                "model has crashed", "model crashed", "failed to load model", "model failed to load", "model is not ready", "model not ready",
                "is not ready yet",
                "under maintenance", "maintenance mode", "cold start", "deployment is not ready", "deployment is not running", "degraded performance",
                "service is degraded", "is degraded", "is experiencing an outage", "is experiencing issues", "an unexpected error occurred on our",
            ]),
        Dialect(
            .degraded, "https://lmstudio.ai/docs, https://github.com/theroyallab/tabbyAPI: the model is being put away, or nobody has loaded one",
            says: [
                "model is unloaded", "model unloaded", "model was unloaded", "model has been unloaded", "channel error",
                "no models are currently loaded", "no model is currently loaded", "no models are loaded",
            ]),
        Dialect(
            .degraded, "https://help.aliyun.com/en/model-studio/error-code",
            codes: ["internalerror", "internalerror.algo", "internalerror.timeout", "modelservicefailed", "modelunavailable"]),
        Dialect(
            .degraded, "https://platform.minimax.io/docs/api-reference/errorcode.md, https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh",
            codes: ["status_code=1000", "status_code=1001", "status_code=1024", "status_code=1033", "error_code=1", "error_code=336000"]),
        Dialect(
            .degraded, "providers in other languages",
            says: ["一時的に利用できません", "メンテナンス中", "维护中", "服务异常", "内部错误", "временно недоступ", "техническ", "temporalmente no disponible"]),
    ]
}
