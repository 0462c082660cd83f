import Testing

@testable import Wire

@Suite struct `An error that lies as text in another` {
    @Test(
        arguments: [
            (#"{"error":{"message":"m","code":"c","retry_after":7}}"#, "m", "c", "7"),
            (#"OpenAIException - {"error": {"message": "m", "code": "c"}} and more"#, "m", "c", nil),
            (#"in {x} and {"message":"余额不足","code":"1113"}"#, "余额不足", "1113", nil),
            (
                "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": \"m\",\n    \"details\": [{\"retryDelay\": \"37s\"}]\n  }\n}", "m", "429",
                "37s"
            ),
            (#"{"error":{"details":[{"retryDelay":"37s"}],"message":"cut of"#, nil, nil, "37s"),
        ] as [(String, String?, String?, String?)]) func `is found wherever it begins`(text: String, message: String?, code: String?, wait: String?)
    {
        let nested = NestedError(in: text)
        #expect(nested?.body.message == message && nested?.body.code == code && nested?.details.retryDelay == wait, "\(String(describing: nested))")
    }

    @Test(arguments: ["", "no JSON", "{", "{}", "{ }", "{'error': {'message': 'm'}}", "{x}", "{\"a\":1}", "{{{{{\"message\":\"m\"}"])
    func `is not found where there is no object, or one that says nothing`(text: String) {
        #expect(NestedError(in: text) == nil)
    }
}

@Suite struct `A page in place of an answer` {
    private func words(_ page: String) -> String? {
        let bytes = Array(page.utf8)
        return ErrorDetails(parsing: bytes.span.bytes).raw
    }

    @Test(arguments: [
        "<html><title>Access denied | api used Cloudflare to restrict access</title><body>error code: 1009</body></html>",
        "\n<!DOCTYPE html><h1><span>Error</span>\n<span class=\"code-label\">1009</span></h1>", "<html>Error code 1009</html>",
        "<p><span class=\"cf-error-code\">1009</span></p>", "<title>ERROR 1009</title>",
    ]) func `has the code with which Cloudflare gives the reason`(page: String) {
        #expect(words(page) == "error code: 1009")
    }

    @Test func `says that CloudFront bans a country`() {
        #expect(words("<P>The distribution is configured to block access from your country.") == "block access from your country")
    }

    @Test(arguments: [
        "<html><body>403 Forbidden</body></html>", "<html>error 403</html>", "<html>error 10095</html>", "<html>error in line 1009 of it</html>", "<",
        "<html>error code:", "<html>api key invalid, insufficient_quota</html>",
    ]) func `is otherwise not interpreted`(page: String) {
        #expect(words(page) == nil)
    }
}
