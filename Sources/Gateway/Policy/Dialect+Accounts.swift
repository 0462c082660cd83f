/// What providers say of an account and its keys: no money, a key that is rejected, a door that is closed.
extension Dialect {
    static let aboutAccounts: [Dialect] = [
        // MARK: No money
        Dialect(
            .money, "https://platform.openai.com/docs/guides/error-codes",
            codes: [
                "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error", "payment_required",
                "access_terminated_billing",
            ],
            says: [
                "insufficient_quota", "billing_hard_limit", "billing hard limit", "billing_not_active", "billing is not active", "payment required",
                "payment_required", "billing_error",
            ]),
        Dialect(
            .money, "https://docs.anthropic.com/en/api/errors",
            codes: ["credit_balance_too_low"], says: ["credit balance", "credit_balance", "out of credits", "spend limit", "spend_limit"]),
        Dialect(
            .money, "https://docs.x.ai/docs/guides/chat; a 403 or a 429",
            says: [
                "used all available credits or reached its monthly spending limit", "used all available credits", "doesn't have any credits",
                "does not have any credits", "spending limit", "spending-limit", "raise your spending",
            ]),
        Dialect(
            .money, "https://openrouter.ai/docs/api-reference/errors", codes: ["openrouter_credits", "openrouter_account_credits"],
            says: ["insufficient credit", "requires more credits", "never purchased credits", "openrouter_credits"]),
        Dialect(
            .money, "https://api-docs.deepseek.com/quick_start/error_codes",
            codes: [
                "insufficient_balance", "insufficient_credits", "insufficient_credit", "insufficient_funds", "not_enough_credits", "no_credits",
                "credits_exhausted", "out_of_credits", "credit_exhausted", "credits_required",
            ],
            says: [
                "insufficient balance", "insufficient_balance", "insufficient_credits", "insufficient funds", "not enough credit",
                "not enough balance",
                "not enough funds", "balance is not enough", "balance is insufficient", "balance not enough", "balance is too low", "balance too low",
                "no available balance", "negative balance", "account balance is", "credits are exhausted", "credits exhausted", "no credits",
                "no remaining credits", "credits have been used", "used all of your credits", "used all your credits", "depleted",
                "credit limit is insufficient",
                "credit insufficient", "top up your", "please top up", "please recharge", "recharge your account", "add credits",
                "purchase more credits",
            ]),
        Dialect(
            .money, "https://platform.moonshot.ai/docs/api/chat", codes: ["exceeded_current_quota_error"],
            says: ["suspended due to insufficient", "suspended, please check your plan and billing"]),
        Dialect(
            .money, "https://help.aliyun.com/en/model-studio/error-code",
            codes: ["arrearage", "prepaidbilloverdue", "postpaidbilloverdue", "commoditynotpurchased", "allocationquota.freetieronly"],
            says: [
                "arrearage", "overdue payment", "overdue-payment", "account is in good standing", "free allocated quota exceeded",
                "free tier of the model has been exhausted", "freetieronly",
            ]),
        Dialect(
            .money, "https://docs.bigmodel.cn/cn/api/api-code", codes: ["1113", "1309"],
            says: ["余额不足", "余额已用完", "余额已用尽", "欠费", "无可用资源包", "套餐已到期", "请充值", "充值后重试"]),
        Dialect(
            .money, "https://platform.minimax.io/docs/api-reference/errorcode.md", codes: ["status_code=1008"]),
        Dialect(
            .money, "https://www.volcengine.com/docs/82379/1299023", codes: ["accountoverdueerror", "serviceoverdue"],
            says: ["overdue balance", "accountoverdueerror", "overdue bill"]),
        Dialect(
            .money, "https://docs.siliconflow.cn/en/faqs/error-code; code 30001", codes: ["30001"]),
        Dialect(
            .money, "https://www.xfyun.cn/doc/spark/接口说明.html; codes 11200, 11201 and 11210", codes: ["11200", "11210", "notenoughcverror"]),
        Dialect(
            .money, "https://github.com/songquanpeng/one-api, https://github.com/QuantumNous/new-api, https://docs.aihubmix.com/en/FAQs/HTTP-Codes",
            codes: ["insufficient_user_quota", "insufficient_token_quota", "quota_not_enough", "free_model_blocked_no_quota", "no_quota"],
            says: [
                "user quota is not enough", "quota is not enough", "quota not enough", "insufficient_user_quota", "insufficient user quota", "用户额度不足",
                "额度不足", "额度已用尽", "额度已用完", "额度不够", "额度耗尽", "预扣费额度失败",
            ]),
        Dialect(
            .money, "https://huggingface.co/docs/inference-providers/pricing (402)",
            says: ["exceeded your monthly included credits", "exceeded your included credits", "included credits"]),
        Dialect(
            .money, "https://docs.fireworks.ai/troubleshooting/status_error_codes/inference_error_code (412)",
            says: [
                "is suspended, possibly due to reaching the monthly spending limit", "failure to pay past invoices", "unpaid invoice",
                "payment method",
            ]),
        Dialect(
            .money, "https://docs.zenmux.ai/guide/advanced/error-codes.html", codes: ["insufficient_credit", "reject_no_credit", "quote_exceeded"]),
        Dialect(
            .money, "https://cloud.google.com/billing/docs (BILLING_DISABLED)", codes: ["billing_disabled", "billing_not_enabled"],
            says: ["requires billing to be enabled", "billing to be enabled", "billing account for the owning project is disabled", "enable billing"]),
        Dialect(
            .money, "https://deepinfra.com/docs, https://docs.together.ai/docs/error-codes, https://novita.ai/docs, https://docs.litellm.ai",
            codes: ["budget_exceeded", "exceeded_budget", "trial_expired", "subscription_expired", "subscription_required", "plan_expired"],
            says: [
                "budget has been exceeded", "exceeded budget", "exceeded its budget", "inference prohibited", "free trial has expired",
                "trial has ended",
                "trial has expired", "subscription has expired", "subscription is not active", "no active subscription",
                "upgrade to a paid plan to continue",
            ]),
        Dialect(
            .money, "relays and providers in other languages",
            says: [
                "残高不足", "残高が不足", "クレジットが不足", "クレジット不足", "잔액이 부족", "잔액 부족", "크레딧이 부족", "недостаточно средств", "недостаточно кредитов",
                "закончились средства", "saldo insuficiente", "créditos insuficientes", "crédito insuficiente", "solde insuffisant",
                "crédits insuffisants",
                "guthaben reicht nicht", "guthaben ist aufgebraucht", "nicht genügend guthaben", "kein guthaben", "credito insufficiente",
                "bakiye yetersiz",
                "yetersiz bakiye", "saldo tidak cukup", "không đủ số dư", "số dư không đủ",
            ]),
        Dialect(
            .keyMoney, "https://openrouter.ai/docs/api-reference/limits", codes: ["openrouter_key_limit"],
            says: ["openrouter_key_limit", "key limit exceeded", "key limit"]),
        Dialect(
            .keyMoney, "https://github.com/QuantumNous/new-api (middleware/auth.go)",
            codes: ["pre_consume_token_quota_failed", "token_quota_exhausted"],
            says: ["该令牌额度已用尽", "令牌额度不足", "令牌额度已用尽", "token quota is not enough", "token quota exhausted"]),

        // MARK: The key is rejected
        Dialect(
            .key, "https://platform.openai.com/docs/guides/error-codes",
            codes: [
                "invalid_api_key", "invalid_authentication", "account_deactivated", "invalid_token", "token_expired", "token_invalidated",
                "key_revoked",
                "api_key_expired", "api_key_invalid", "invalid_key", "wrong_api_key", "expired_api_key", "invalid_grant",
            ],
            says: [
                "invalid_api_key", "incorrect api key", "invalid api key", "invalid api-key", "api key expired", "api key has expired",
                "api key is invalid",
                "api key is not valid", "api key has been revoked", "api key has been disabled", "api key is disabled", "api key does not exist",
                "api key was revoked", "api key not found", "invalid_authentication", "account_deactivated", "invalid_token", "api_key_expired",
            ]),
        Dialect(
            .key, "https://docs.anthropic.com/en/api/errors", codes: ["authentication_error"], says: ["authentication_error", "invalid x-api-key"]),
        Dialect(
            .key, "https://ai.google.dev/gemini-api/docs/troubleshooting", codes: ["api_key_service_blocked"],
            says: ["api key not valid", "api_key_invalid", "api key was reported as leaked", "api key expired. please renew"]),
        Dialect(
            .key, "https://platform.moonshot.ai/docs/api/chat", codes: ["invalid_authentication_error", "incorrect_api_key_error"]),
        Dialect(
            .key, "https://docs.bigmodel.cn/cn/api/api-code",
            says: ["身份验证失败", "无效的api key", "api key 无效", "api key无效", "密钥无效", "密钥错误", "apikeyが無効", "apiキーが無効"]),
        Dialect(
            .key, "https://platform.minimax.io/docs/api-reference/errorcode.md", codes: ["status_code=1004", "status_code=2049"],
            says: ["login fail: please carry the api secret key"]),
        Dialect(
            .key, "https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh",
            codes: ["error_code=14", "error_code=110", "error_code=111", "error_code=100", "invalid_iam_token", "iam_certification_failed"],
            says: ["access token invalid or no longer valid", "iam certification failed"]),
        Dialect(
            .key, "https://github.com/songquanpeng/one-api/issues/823, https://github.com/QuantumNous/new-api/issues/3302",
            says: ["无效的令牌", "令牌无效", "令牌已过期", "该令牌状态不可用", "未提供令牌", "invalid token (request id", "令牌状态不可用"]),
        Dialect(
            .perhapsKey, "the words of keys; with a 401 or 403 they are enough",
            codes: ["unauthenticated", "unauthorized", "no_api_key", "missing_api_key", "permission_denied_api"],
            says: [
                "api key", "api_key", "apikey", "api-key", "credential", "unauthenticated", "unauthorized", "authentication", "authorization failed",
                "token expired", "expired token", "invalid token", "access token", "user not found", "key is disabled", "key has been revoked",
                "permission_denied: api", "令牌", "密钥", "鉴权",
            ]),

        // MARK: A closed door
        Dialect(
            .denied, "https://platform.openai.com/docs/supported-countries",
            codes: [
                "unsupported_country_region_territory", "country_not_supported", "region_not_supported", "unsupported_region", "unsupported_location",
            ],
            says: [
                "country, region, or territory not supported", "unsupported_country_region_territory", "not available in your region",
                "not available in your country", "unavailable in your region", "unavailable in your country", "not supported in your region",
                "not supported in your country", "region is not supported", "country is not supported", "not available in your location",
                "geographic", "geo-restrict", "not allowed from your",
            ]),
        Dialect(
            .denied, "https://ai.google.dev/gemini-api/docs/available-regions",
            says: ["user location is not supported", "location is not supported", "precondition check failed: location"]),
        Dialect(.denied, "https://www.anthropic.com/supported-countries (403)", says: ["request not allowed", "not available in this region"]),
        Dialect(
            .denied, "https://openrouter.ai/docs: terms and privacy of the account; https://github.com/NousResearch/hermes-agent/pull/14943",
            says: [
                "endpoints found matching your data policy", "endpoints available matching your", "violation of provider terms of service",
                "blocked by your guardrail", "matching your guardrail",
            ]),
        Dialect(
            .denied, "https://console.groq.com/docs/errors", codes: ["model_terms_required", "organization_restricted", "terms_not_accepted"],
            says: ["requires terms acceptance", "organization has been restricted", "accept the terms"]),
        Dialect(
            .denied, "https://developers.cloudflare.com/workers-ai/platform/errors/", codes: ["5016", "3023"],
            says: ["has not agreed to", "have not agreed to", "must agree to", "must submit the prompt 'agree'", "service unavailable for account"]),
        Dialect(
            .denied, "https://huggingface.co/docs/hub/models-gated",
            says: ["gated model", "gated repo", "access to model * is restricted", "accept the license"]),
        Dialect(
            .denied, "https://help.openai.com/en/articles/10910291",
            says: ["organization must be verified", "verify organization", "must be verified to use"]),
        Dialect(
            .denied, "https://docs.anthropic.com, https://platform.openai.com: accounts that were closed",
            codes: ["account_disabled", "account_suspended", "account_blocked", "account_banned", "organization_disabled", "access_terminated"],
            says: [
                "organization has been disabled", "account has been disabled", "account has been suspended", "account is suspended",
                "account suspended",
                "account is disabled", "account has been blocked", "account has been banned", "account has been locked", "account is locked",
                "账户已被锁定", "账号已被锁定", "账户存违规", "账号已被封", "用户已被封禁", "账户已被禁用", "アカウントが停止",
            ]),
        Dialect(
            .denied, "https://docs.bigmodel.cn/cn/api/api-code", codes: ["1110", "1111", "1112", "1121", "1313"], says: ["公平使用策略", "当前处于非活动状态"]),
        Dialect(
            .denied, "https://docs.siliconflow.cn/en/faqs/error-code",
            says: ["real-name authentication", "real name verification", "实名认证", "地区不支持", "所在地区", "地域限制"]),
        Dialect(
            .denied, "https://cloud.google.com/apis/docs (SERVICE_DISABLED)", codes: ["service_disabled", "consumer_suspended", "consumer_invalid"],
            says: ["has not been used in project", "consumer has been suspended"]),
        Dialect(
            .denied, "relays with rules of their own",
            codes: ["ip_not_allowed", "ip_not_whitelisted", "ip_blocked", "ip_forbidden"],
            says: [
                "ip not in whitelist", "ip is not in the whitelist", "ip address is not allowed", "ip address not allowed", "ip is not allowed",
                "allowed only from approved ip", "only allows claude code", "您的 ip", "ip不在", "不在白名单",
            ]),
    ]
}
