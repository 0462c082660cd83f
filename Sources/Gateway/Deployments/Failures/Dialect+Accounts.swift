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
            .money, "https://vercel.com/docs/ai-gateway (a free account without a card)", codes: ["customer_verification_required"],
            says: ["requires a valid credit card", "valid credit card on file", "add a credit card", "no credit card on file"]),
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
            .modelMoney, "https://www.volcengine.com/docs/82379/1299023: the mode that stops a model where the free allowance ends",
            codes: ["setlimitexceeded"], says: ["reached the set inference limit"]),
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
            .money, "https://docs.cohere.com/reference/errors, https://vercel.com/docs/ai-gateway, https://chutes.ai/docs and relays of their kind",
            codes: [
                "account_overdue", "insufficient_account_balance", "balance_not_enough", "not_enough_balance", "no_balance", "balance_depleted",
                "credit_limit_exceeded", "spend_limit_exceeded", "spending_limit_exceeded", "budget_exhausted",
            ],
            says: [
                "billing method has failed", "positive credit balance", "account balance is $", "ran out of credit", "run out of credit",
                "run out of funds", "ran out of funds", "out of funds", "out of balance", "zero balance", "balance is zero", "balance is exhausted",
                "balance has been exhausted", "balance exhausted", "prepaid credit", "prepayment credits", "no funds", "lack of funds",
                "past due", "in arrears", "payment has failed", "payment failed", "out of extra usage", "monthly spending limit",
                "credits have run out", "credits have expired", "credits expired", "budget is exhausted", "budget exhausted",
            ]),
        Dialect(
            .money, "relays and providers in Japanese, Korean and Chinese",
            says: [
                "残高不足", "残高が不足", "残高がありません", "残高が足りません", "クレジットが不足", "クレジット不足", "クレジットが足りません", "クレジットがありません", "クレジットを使い切", "チャージしてください",
                "잔액이 부족", "잔액 부족", "잔액이 없", "크레딧이 부족", "크레딧 부족", "크레딧을 모두", "크레딧이 모두", "크레딧이 소진", "충전 후", "충전해", "餘額不足", "余额为0", "余额为零",
                "余额为 0", "余额耗尽", "欠費", "額度不足", "額度已用", "點數不足", "请先充值", "請充值", "請儲值", "资源包已用", "资源包不足", "资源包余量", "免费额度已", "积分不足",
                "点数不足", "算力不足",
            ]),
        Dialect(
            .money, "relays and providers in Russian and Ukrainian (https://llmost.ru/docs/api-reference/errors, https://docs.hydraai.ru)",
            says: [
                "недостаточно средств", "недостаточно кредитов", "недостаточно баланса", "недостаточно денег", "недостаточный баланс",
                "на балансе недостаточно", "закончились средства", "средства закончились", "закончились кредиты", "кредиты закончились",
                "закончился баланс", "баланс исчерпан", "средства исчерпаны", "кредиты исчерпаны", "нет средств", "нулевой баланс",
                "отрицательный баланс", "пополните баланс", "пополните счет", "пополните счёт", "пополнить баланс", "требуется оплата",
                "недостатньо коштів", "недостатньо кредитів", "поповніть баланс", "поповніть рахунок",
            ]),
        Dialect(
            .money, "relays and providers in German and Dutch",
            says: [
                "guthaben reicht nicht", "guthaben ist aufgebraucht", "guthaben aufgebraucht", "guthaben ist erschöpft", "guthaben erschöpft",
                "guthaben ist leer", "guthaben zu niedrig", "guthaben nicht ausreichend", "nicht genügend guthaben", "nicht genug guthaben",
                "unzureichendes guthaben", "kein guthaben", "kein ausreichendes guthaben", "laden sie ihr konto auf", "laden sie ihr guthaben auf",
                "lade dein guthaben auf", "lade dein konto auf", "zahlung erforderlich", "onvoldoende saldo", "onvoldoende tegoed",
                "onvoldoende krediet", "tegoed is op", "saldo is op",
            ]),
        Dialect(
            .money, "relays and providers in French, Spanish, Portuguese and Italian",
            says: [
                "solde insuffisant", "solde est insuffisant", "solde épuisé", "crédits insuffisants", "crédit insuffisant", "crédits épuisés",
                "crédit épuisé", "crédits sont épuisés", "plus de crédit", "pas assez de crédit", "fonds insuffisants", "recharger votre compte",
                "rechargez votre compte", "paiement requis", "saldo insuficiente", "saldo agotado", "saldo es insuficiente", "sin saldo",
                "no hay saldo", "no tienes saldo", "no tiene saldo", "créditos insuficientes", "crédito insuficiente", "créditos agotados",
                "sin créditos", "no quedan créditos", "fondos insuficientes", "recargue su", "recarga tu", "pago requerido", "saldo esgotado",
                "sem saldo", "sem créditos", "créditos esgotados", "recarregue", "fundos insuficientes", "pagamento necessário",
                "credito insufficiente", "credito esaurito", "crediti insufficienti", "crediti esauriti", "saldo insufficiente",
                "fondi insufficienti", "ricarica il tuo",
            ]),
        Dialect(
            .money, "relays and providers in other languages of Europe",
            says: [
                "bakiye yetersiz", "bakiyeniz yetersiz", "yetersiz bakiye", "yetersiz kredi", "kredi yetersiz", "krediniz yetersiz",
                "krediniz tükendi",
                "krediniz bitti", "niewystarczające środki", "niewystarczające saldo", "niewystarczająca ilość środków", "brak środków",
                "doładuj konto", "nedostatečný zůstatek", "nedostatek kreditu", "nedostatek prostředků", "otillräckligt saldo",
                "utilstrækkelig saldo", "ikke nok kreditt", "saldo ei riitä", "ανεπαρκέσ υπόλοιπο", "fonduri insuficiente", "nincs elég egyenleg",
            ]),
        Dialect(
            .money, "relays and providers in other languages of Asia (https://avalai.ir, https://gapgpt.app)",
            says: [
                "saldo tidak cukup", "saldo tidak mencukupi", "saldo habis", "kredit tidak cukup", "kredit habis", "không đủ số dư", "số dư không đủ",
                "không đủ tín dụng", "hết tín dụng", "hết tiền", "không đủ tiền", "nạp thêm tiền", "ยอดเงินไม่เพียงพอ", "ยอดคงเหลือไม่เพียงพอ",
                "เครดิตไม่เพียงพอ", "เครดิตหมด", "موجودی کافی", "اعتبار کافی", "اعتبار شما", "رصيد غير كاف", "رصيدك غير كاف", "الرصيد غير كاف",
                "نفاد الرصيد", "אין מספיק יתרה", "יתרה לא מספיקה", "अपर्याप्त शेष", "अपर्याप्त बैलेंस", "पर्याप्त क्रेडिट नहीं",
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
            .key, "https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html",
            codes: [
                "*unrecognizedclientexception", "*expiredtokenexception", "*invalidsignatureexception", "*invalidclienttokenid",
                "*incompletesignatureexception", "*missingauthenticationtokenexception",
            ],
            says: [
                "please make sure your api key is valid", "security token included in the request is invalid",
                "security token included in the request is expired", "missing authentication token",
            ]),
        Dialect(
            .key, "https://developers.cloudflare.com/api (code 10000)", says: ["authentication error"]),
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
            .key, "relays and providers in other languages (https://llmost.ru/docs/api-reference/errors)",
            says: [
                "неверные учетные данные", "неверный api", "неверный ключ", "недействительный ключ", "недействительный api", "ungültiger api",
                "ungültiger schlüssel", "clé api invalide", "clé d'api invalide", "clave api no válida", "clave de api no válida",
                "clave de api inválida", "chave de api inválida", "chave api inválida", "chiave api non valida", "geçersiz api",
                "유효하지 않은 api", "api 키가 유효하지", "api キーが無効", "無效的 api", "無效的api", "khóa api không hợp lệ",
            ]),
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
        Dialect(
            .denied, "addresses that are shut out: Groq; https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks",
            says: ["please check your network settings", "due to virtual network/firewall rules", "public access is disabled"]),
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
            .denied,
            "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/: who asks is banned, not what he asks for",
            says: [
                "error code: 1005", "error code: 1006", "error code: 1007", "error code: 1008", "error code: 1009", "error code: 1010",
                "error code: 1012",
                "error code: 1106",
            ]),
        Dialect(
            .denied, "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/georestrictions.html",
            says: ["block access from your country", "blocked access from your country"]),
        Dialect(
            .denied, "providers in other languages",
            says: [
                "в вашей стране", "в вашем регионе", "nicht in ihrem land", "in ihrer region nicht", "dans votre pays", "dans votre région",
                "en tu país", "en su país", "en tu región", "en su región", "no seu país", "na sua região", "nel tuo paese", "お住まいの地域",
                "ご利用の地域", "해당 지역에서", "해당 국가에서", "您所在的国家", "您所在的國家", "您所在的地區",
            ]),
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
