import Wire

/// What the scanner says about a text: `nil` when it is JSON, otherwise what is wrong.
func flaw(in text: String, maximumDepth: Int = JSONScanner.maximumDepth) -> JSONError? {
    flaw(in: Array(text.utf8), maximumDepth: maximumDepth)
}

/// What the scanner says about these bytes.
func flaw(in bytes: [UInt8], maximumDepth: Int = JSONScanner.maximumDepth) -> JSONError? {
    do throws(JSONError) {
        try JSONScanner.validate(bytes.span.bytes, maximumDepth: maximumDepth)
        return nil
    } catch {
        return error
    }
}

/// The bytes of a buffer as text.
func text(_ buffer: borrowing ByteBuffer) -> String { buffer.bytes.text }

/// Bodies such as clients and providers send.
enum Samples {
    static let chat = """
        {"model":"llama-3.3-70b","messages":[{"role":"system","content":"Be brief.\\n\\"Yes\\" or \\"no\\"."},\
        {"role":"user","content":[{"type":"text","text":"Grüße, 世界 🌍 \\ud83d\\ude00"},\
        {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}],\
        "temperature":0.7,"top_p":1,"max_tokens":512,"stream":true,"stream_options":{"include_usage":true},\
        "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}],\
        "n":2,"seed":-12e3,"logit_bias":{"50256":-100},"user":"u-1","stop":null}
        """
    static let spaced = """
        {
          "messages" : [ { "role" : "user" , "content" : "hi" } ] ,
        \t"stream" : false ,\r
                            "model" : "a/b:free"
        }

        """
    static let answer = """
        {"id":"c-1","object":"chat.completion","created":1727000000,"model":"m","choices":[{"index":0,"message":\
        {"role":"assistant","content":"Hello.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":\
        {"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4},\
        "completion_tokens_details":{"reasoning_tokens":3}}}
        """
    static let chunk = """
        {"id":"c-1","object":"chat.completion.chunk","created":1727000000,"model":"m","choices":[{"index":0,"delta":\
        {"content":" word"},"logprobs":null,"finish_reason":null}],"usage":null}
        """
    static let all = [chat, spaced, answer, chunk]
}
