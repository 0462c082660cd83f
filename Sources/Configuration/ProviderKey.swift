/// The top level of `meta-providers.yaml`.
enum ProvidersFileKey: String, ConfigurationKey {
    case providers
}

/// The keys of a provider.
enum ProviderKey: String, ConfigurationKey {
    case name
    case apiKeyVariables = "api_key_env_var"
    case baseURL = "base_url"
    case modelURL = "model_url"
    case basePriority = "base_priority"
    case tier
    case models
    case endpoints
    case include
    case exclude
    case limits
    case timeouts
    case headers
    case proxy
    case caFile = "ca_file"
    case quirks
}

/// The keys of an entry of `api_key_env_var`.
enum KeyEntryKey: String, ConfigurationKey {
    case name
    case weight
}

/// The keys of `limits`.
enum LimitKey: String, ConfigurationKey {
    case requestsPerMinute = "requests_per_minute"
    case requestsPerDay = "requests_per_day"
    case tokensPerMinute = "tokens_per_minute"
    case tokensPerDay = "tokens_per_day"
    case concurrency
    case scope
}

/// The keys of `timeouts`.
enum TimeoutKey: String, ConfigurationKey {
    case connect
    case firstByte = "first_byte"
    case idle
    case total
}

/// The keys of an entry of `models`.
enum ModelKey: String, ConfigurationKey {
    case id
    case priority
    case weight
    case kind
    case contextLength = "context_length"
    case maximumOutputTokens = "max_output_tokens"
    case inputModalities = "input_modalities"
    case outputModalities = "output_modalities"
    case supportsTools = "supports_tools"
    case supportsJSON = "supports_json"
    case supportsSchemas = "supports_schemas"
    case promptPrice = "prompt_price"
    case completionPrice = "completion_price"
    case cacheReadPrice = "cache_read_price"
    case cacheWritePrice = "cache_write_price"
    case reasoningPrice = "reasoning_price"
    case requestPrice = "request_price"
    case imagePrice = "image_price"
    case madeImagePrice = "made_image_price"
    case priceTiers = "price_tiers"
    case aliases
}

/// The keys of a price for long prompts, one of a model's `price_tiers`.
enum PriceTierKey: String, ConfigurationKey {
    case above
    case promptPrice = "prompt_price"
    case completionPrice = "completion_price"
    case cacheReadPrice = "cache_read_price"
    case cacheWritePrice = "cache_write_price"
    case reasoningPrice = "reasoning_price"
}
