extension SpoiledConfiguration {
    /// Faults of `meta-providers.yaml`.
    static let providers: [SpoiledConfiguration] = [
        .file(
            "a misspelt base_url", "config/meta-providers.yaml", "providers:\n  - base_ulr: https://a.example\n    base_url: https://a.example\n",
            ":2: providers[0].base_ulr", "unknown key", "did you mean \"base_url\"?"),
        .file(
            "no base_url", "config/meta-providers.yaml", "providers:\n  - name: a\n", ":2: providers[0].base_url", "missing", "must be given"),
        .file("a number for base_url", "config/meta-providers.yaml", "providers:\n  - base_url: 7\n", ":2: providers[0].base_url", "found a number"),
        .file(
            "another scheme", "config/meta-providers.yaml", "providers:\n  - base_url: ftp://h\n", ":2: providers[0].base_url",
            "does not begin with http:// or https://"),
        .file(
            "a password in the URL", "config/meta-providers.yaml", "providers:\n  - base_url: https://me:hunter2@h/v1\n",
            ":2: providers[0].base_url", "user name or password"),
        .file(
            "a query in the URL", "config/meta-providers.yaml", "providers:\n  - base_url: https://h/v1?key=hunter2\n", ":2: providers[0].base_url",
            "a query"),
        .file(
            "a port that is none", "config/meta-providers.yaml", "providers:\n  - base_url: https://h:70000\n", ":2: providers[0].base_url",
            "1...65535"),
        .file(
            "providers is a mapping", "config/meta-providers.yaml", "providers:\n  a: {base_url: https://h}\n", ":2: providers", "found a mapping",
            "expected a list"),
        .file("a misspelt top", "config/meta-providers.yaml", "provider: []\nproviders: []\n", ":1: provider", "did you mean \"providers\"?"),
        .file("no providers", "config/meta-providers.yaml", "# x\n{}\n", ":2: providers", "missing"),
        .file(
            "a name given twice", "config/meta-providers.yaml",
            "providers:\n  - {name: a, base_url: https://h}\n  - {name: A, base_url: https://i}\n", ":3: providers[1].name",
            "duplicate provider name \"A\"", "line 2"),
        .file(
            "a provider given twice", "config/meta-providers.yaml", "providers:\n  - base_url: https://h\n  - base_url: https://h/\n",
            ":3: providers[1]", "duplicate provider", "line 2", "give it a name"),
        .file(
            "a key given twice", "config/meta-providers.yaml", "providers:\n  - base_url: https://h\n    tier: free\n    tier: paid\n",
            ":4: providers[0].tier", "duplicate key", "keep one"),
        .file("a tab", "config/meta-providers.yaml", "providers:\n  - base_url: https://h\n\t- base_url: https://i\n", ":3", "a tab", "spaces"),
        .file("an open bracket", "config/meta-providers.yaml", "providers: [\n", ":2", "not valid YAML"),
        .file("two documents", "config/meta-providers.yaml", "providers: []\n---\nproviders: []\n", ":2", "second YAML document"),
        .file("an alias of nothing", "config/meta-providers.yaml", "providers: *none\n", ":1: providers", "an alias without an anchor"),
        .file("another encoding", "config/meta-providers.yaml", "providers: []\n# \u{0}\n", ":2", "control character"),
        .provider("a name with a slash", "name: a/b", "3: providers[0].name", "other characters than letters"),
        .provider("a factor that is text", "base_priority: high", "3: providers[0].base_priority", "found \"high\"", "number in 0...1000"),
        .provider("a factor below zero", "base_priority: -1", "3: providers[0].base_priority", "found -1"),
        .provider("a misspelt tier", "tier: fre", "3: providers[0].tier", "found \"fre\"", "did you mean \"free\"?"),
        .provider("an empty list of models", "models: []", "3: providers[0].models", "leave the key out"),
        .provider("a model given twice", "models:\n  - m\n  - {id: m}", "5: providers[0].models[1]", "line 4"),
        .provider(
            "a misspelt key of a model", "models:\n  - id: m\n    context_lenght: 1", "5: providers[0].models[0].context_lenght",
            "did you mean \"context_length\"?"),
        .provider("a model without id", "models:\n  - priority: 1", "4: providers[0].models[0].id", "missing"),
        .provider("no context at all", "models: [{id: m, context_length: 0}]", "3: providers[0].models[0].context_length", "found 0"),
        .provider("a fraction of a token", "models: [{id: m, context_length: 0.5}]", "3: providers[0].models[0].context_length", "whole number"),
        .provider("an unknown modality", "models: [{id: m, input_modalities: [imag]}]", "3: providers[0].models[0].input_modalities[0]", "\"image\""),
        .provider("a price as text", "models: [{id: m, prompt_price: $1}]", "3: providers[0].models[0].prompt_price", "found text"),
        .provider("a comma in an alias", "models: [{id: m, aliases: ['a,b']}]", "3: providers[0].models[0].aliases[0]", "comma"),
        .provider("an open group in a pattern", "include: '(a'", "3: providers[0].include", "not a valid regular expression"),
        .provider(
            "a filter that leaves no model", "models: [gpt-4, gpt-5]\nexclude: ^gpt", "4: providers[0].exclude",
            "none of the 2 models", "leave at least one"),
        .provider("a misspelt limit", "limits:\n  request_per_minute: 5", "4: providers[0].limits.request_per_minute", "\"requests_per_minute\""),
        .provider("a limit below one", "limits: {tokens_per_day: 0}", "3: providers[0].limits.tokens_per_day", "found 0"),
        .provider("another scope", "limits: {scope: project}", "3: providers[0].limits.scope", "\"project\"", "key, account"),
        .provider(
            "more in a minute than in a day", "limits:\n  requests_per_minute: 100\n  requests_per_day: 50",
            "4: providers[0].limits.requests_per_minute", "100 is more than requests_per_day (50)"),
        .provider("a time that is none", "timeouts: {idle: soon}", "3: providers[0].timeouts.idle", "found \"soon\"", "1m30s"),
        .provider(
            "a first byte after the end", "timeouts:\n  first_byte: 1m\n  total: 30s", "4: providers[0].timeouts.first_byte",
            "1m is longer than total (30s)"),
        .provider("a credential in a header", "headers: {Authorization: Bearer hunter2}", "3: providers[0].headers.Authorization", "api_key_env_var"),
        .provider("a header twice", "headers: {X-A: '1', x-a: '2'}", "3: providers[0].headers.x-a", "same header"),
        .provider("a proxy with a path", "proxy: http://p:3128/x", "3: providers[0].proxy", "a path"),
        .provider("a missing certificate", "ca_file: none.pem", "3: providers[0].ca_file", "no such file"),
        .provider("an unknown quirk", "quirks: no_stream_option", "3: providers[0].quirks", "did you mean \"no_stream_options\"?"),
        .provider(
            "the key in place of its variable", "api_key_env_var: gsk_hunter2abcdef", "3: providers[0].api_key_env_var", "environment variable"),
        .provider("a variable twice", "api_key_env_var: [A, A]", "3: providers[0].api_key_env_var[1]", "twice"),
    ]
}
