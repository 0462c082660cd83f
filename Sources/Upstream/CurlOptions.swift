internal import CCurl
internal import Gateway

/// Every option of a libcurl handle, with the reason for it.
enum CurlOptions {
    /// The size of libcurl's buffer for an error text (`CURL_ERROR_SIZE`).
    static let errorTextSize = Int(CURL_ERROR_SIZE)

    /// Options of a connection that libcurl opens and we send on.
    static func setConnectOnly(_ easy: UnsafeMutableRawPointer, origin: UpstreamOrigin, shard: ConnectionShard, timeout: Duration) {
        unsafe setCommon(easy, origin: origin, connectTimeout: timeout)
        unsafe ccurl_set_string(easy, CURLOPT_URL, origin.url)
        // Connect (name, TCP, proxy, TLS) and stop; curl_easy_send and curl_easy_recv carry our bytes.
        unsafe ccurl_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
        // Never one of libcurl's cached connections: the pool of idle connections is ours.
        unsafe ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
        unsafe ccurl_set_pointer(easy, CURLOPT_SHARE, shard.share)
    }

    /// Options that every handle has.
    static func setCommon(_ easy: UnsafeMutableRawPointer, origin: UpstreamOrigin, connectTimeout: Duration) {
        // Time-outs without signals, which a program with threads must not use (CURLOPT_NOSIGNAL).
        unsafe ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // A handle whose name lookup hangs ends without waiting for the resolver's thread; without this the
        // loop froze for 3 s.
        unsafe ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        // Offers only http/1.1 in ALPN, because our framing speaks nothing else.
        unsafe ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        unsafe ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // Redirects could carry a key to another host.
        unsafe ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        unsafe ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.milliseconds)
        unsafe ccurl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        unsafe ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        unsafe ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
        unsafe ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
        unsafe ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // With a CA path, libcurl reads all roots again for each connection: 45 ms on the loop. With a file
        // alone they are cached.
        unsafe ccurl_set_string(easy, CURLOPT_CAPATH, nil)
        if let file = origin.certificateFile { unsafe ccurl_set_string(easy, CURLOPT_CAINFO, file) }
        // A provider without a proxy of its own is reached as the environment says (libcurl-env(3)), which
        // libcurl reads for each connection.
        if let proxy = origin.proxy {
            unsafe ccurl_set_string(easy, CURLOPT_PROXY, proxy)
            // The provider's own setting takes precedence, whatever `no_proxy` says.
            unsafe ccurl_set_string(easy, CURLOPT_NOPROXY, "")
        }
        // http also uses a tunnel, so that our requests have the same form with and without a proxy.
        unsafe ccurl_set_long(easy, CURLOPT_HTTPPROXYTUNNEL, 1)
    }
}

extension Duration {
    /// The duration in milliseconds for libcurl, at least 1: 0 would mean libcurl's own default.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
