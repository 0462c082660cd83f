internal import CCurl
internal import Gateway
internal import Glibc

extension UpstreamFailure {
    /// Interprets libcurl's result of a connect or a cold call.
    ///
    /// - Parameters:
    ///   - code: The result (libcurl-errors(3)).
    ///   - text: The handle's error buffer.
    ///   - easy: The handle, which knows the proxy's status and the system's error number.
    ///   - viaProxy: Whether the provider is reached through a proxy.
    init(_ code: CURLcode, text: String, easy: UnsafeMutableRawPointer, viaProxy: Bool) {
        var proxyStatus = 0
        unsafe ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &proxyStatus)
        var systemError = 0
        unsafe ccurl_get_long(easy, CURLINFO_OS_ERRNO, &systemError)
        var detail = text
        if detail.isEmpty { detail = unsafe String(cString: curl_easy_strerror(code)) }
        let lacksTunnel = proxyStatus == 0 ? viaProxy : proxyStatus / 100 != 2
        let kind: Kind
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: kind = .resolve
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: kind = .proxy
        case CURLE_COULDNT_CONNECT: kind = Int32(systemError) == EMFILE || Int32(systemError) == ENFILE ? .local : .connect
        case CURLE_OPERATION_TIMEDOUT:
            var requestSize = 0
            unsafe ccurl_get_long(easy, CURLINFO_REQUEST_SIZE, &requestSize)
            kind = requestSize > 0 ? .totalTimeout : .connectTimeout
        case CURLE_GOT_NOTHING: kind = .closedBeforeAnswer
        case CURLE_PARTIAL_FILE: kind = .truncated
        case CURLE_BAD_CONTENT_ENCODING, CURLE_WEIRD_SERVER_REPLY: kind = .malformed
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED:
            kind = .tls
        // The proxy refused the tunnel, or broke it off before it carried anything: the provider was not
        // reached.
        case CURLE_RECV_ERROR where lacksTunnel, CURLE_SEND_ERROR where lacksTunnel: kind = .proxy
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT: kind = .local
        default: kind = .connect
        }
        self.init(kind, detail)
    }

    /// The refusal by a proxy whose answer's head has come; `nil` if there is none. Its body is not waited for:
    /// libcurl (7.88) would read it byte by byte for as long as there is any.
    init?(proxyOf easy: UnsafeMutableRawPointer) {
        var status = 0
        unsafe ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &status)
        guard status != 0, status / 100 != 2 else { return nil }
        self.init(.proxy, "CONNECT tunnel failed, response \(status)")
    }
}
