internal import CCurl
internal import EventLoop
internal import Gateway
internal import Glibc

/// Starts a TLS handshake with a socket of its own that never answers, so that libcurl reads its trusted
/// certificates.
@safe final class TrustStoreWarmUp: CurlJob {
    /// The longest wait for the handshake's first message.
    private static let patience: Duration = .seconds(2)

    private let multi: CurlMulti
    private let easy: UnsafeMutableRawPointer
    private let shard = ConnectionShard()
    private let listener: TCPListener
    private var peer: TCPConnection?
    private var waiter: UnsafeContinuation<Void, Never>?

    /// Returns once the certificates have been read, or can't be.
    static func run(on multi: CurlMulti) async {
        guard let warmUp = try? TrustStoreWarmUp(multi) else { return }
        await warmUp.wait()
        warmUp.close()
    }

    private init(_ multi: CurlMulti) throws(UVError) {
        self.multi = multi
        guard let handle = unsafe curl_easy_init() else { preconditionFailure("out of memory: curl_easy_init") }
        unsafe easy = handle
        let box = Box()
        listener = try TCPListener(on: multi.loop, address: SocketAddress(host: "127.0.0.1", port: 0)!, maximumConnections: 1) { connection in
            box.warmUp?.accepted(connection)
        }
        box.warmUp = self
        let origin = UpstreamOrigin(isSecure: true, host: "127.0.0.1", port: Int(listener.address?.port ?? 0))
        unsafe CurlOptions.setConnectOnly(easy, origin: origin, shard: shard, timeout: TrustStoreWarmUp.patience)
        unsafe ccurl_set_string(easy, CURLOPT_PROXY, "")
        unsafe multi.add(easy, job: self)
    }

    private final class Box {
        weak var warmUp: TrustStoreWarmUp?
    }

    private func wait() async {
        unsafe await withUnsafeContinuation { unsafe waiter = $0 }
    }

    private func finish() {
        guard let waiter = unsafe waiter else { return }
        unsafe self.waiter = nil
        unsafe waiter.resume()
    }

    private func accepted(_ connection: TCPConnection) {
        peer = connection
        connection.delegate = self
        connection.startReading()
    }

    private func close() {
        unsafe multi.remove(easy)
        unsafe curl_easy_cleanup(easy)
        peer?.close()
        listener.close()
    }

    func curlClosed() { finish() }

    func curlFinished(_ code: CURLcode) {
        finish()
    }
}

extension TrustStoreWarmUp: TCPConnectionDelegate {
    /// The handshake's first message: the certificates have been read before it was sent.
    func connectionDidRead(_ bytes: RawSpan) { finish() }
    func connectionDidReachEnd() {}
    func connectionDidDrain() {}
    func connectionDidClose(_ reason: CloseReason) {}
}
