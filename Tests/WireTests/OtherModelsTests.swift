import Testing
import Wire

@Suite struct `What may make a provider use another model` {
    private func found(_ members: String) throws -> String? {
        let body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"model\":\"y\"}],\(members)}"
        let bytes = Array(body.utf8)
        let envelope = try RequestEnvelope(scanning: bytes.span.bytes)
        return OtherModels.member(in: bytes.span.bytes, envelope)
    }

    @Test(arguments: [
        (#""preset":"x""#, "preset"), (#""pre\u0073et":"x""#, "preset"), (#""safety_model":"x""#, "safety_model"),
        (#""context_window_fallbacks":[{"a":["b"]}]"#, "context_window_fallbacks"), (#""ModelList":["x"]"#, "ModelList"),
        (#""extra_body":{"models":["x"]}"#, "extra_body"), (#""extra_body":{"a":[{"b":{"m\u006fdel":"x"}}]}"#, "extra_body"),
        (#""plugins":[{"id":"web"},{"id":"auto-router","allowed_models":["x"]}]"#, "plugins"), (#""plugins":[{"id":"fusion"}]"#, "plugins"),
        (#""providerOptions":{"gateway":{"models":["x"]}}"#, "providerOptions"), (#""provider":{"sort":"price","models":["x"]}"#, "provider"),
        (#""tools":[{"type":"image_generation"}]"#, "tools"), (#""tools":[{"type":"openrouter:advisor"}]"#, "tools"),
        (#""engine":"x""#, "engine"), (#""azure_deployment":"x""#, "azure_deployment"), (#""adapter_id":"x""#, "adapter_id"),
        (#""lora":[{"id":1,"scale":1}]"#, "lora"), (#""lora_request":{"lora_name":"x"}"#, "lora_request"), (#""router":"x""#, "router"),
        (#""tools":[{"type":"x","parameters":{"model":"y"}}]"#, "tools"), (#""tools":[{"type":"function","type":"x","model":"y"}]"#, "tools"),
    ]) func `is found and named, wherever it is`(members: String, name: String) throws {
        #expect(try found(members) == name)
    }

    @Test(arguments: [
        #""temperature":1,"stop":["model"],"metadata":{"model":"x"}"#, #""models":["a"],"fallbacks":["b"],"route":"fallback""#,
        #""preset":null"#, #""exploration":0.1,"lora":null"#,
        #""tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"model":{"type":"string"}}}}}]"#,
        #""tools":[{"type":"web_search"}],"web_search_options":{"search_context_size":"low"}"#,
        #""response_format":{"type":"json_schema","json_schema":{"schema":{"properties":{"model":{}}}}}"#,
        #""plugins":[{"id":"web","max_results":2}]"#,
        #""text":{"format":{"schema":{"properties":{"model":{}}}}},"extra_body":{}"#,
        #""provider":{"order":["a"],"sort":"price","allow_fallbacks":true}"#,
    ]) func `does not include the client's own text, removed members and empty values`(members: String) throws {
        #expect(try found(members) == nil)
    }
}
