internal import CCurl

/// A part of libcurl's connection cache.
///
/// libcurl 7.88 finds a connection by walking its whole cache at every send, receive and removal: 300 µs a
/// chunk at 8,000 streams. With one share for at most 32 handles, the walk is short (measured flat from 16 to
/// 64). The share also keeps TLS sessions, so it serves only one origin.
@safe final class ConnectionShard {
    let share: UnsafeMutableRawPointer
    fileprivate(set) var handles = 0

    init() {
        guard let share = unsafe curl_share_init() else { preconditionFailure("out of memory: curl_share_init") }
        unsafe self.share = share
        // No lock functions: a share is used by the loop's thread only.
        unsafe ccurl_share_lock_data(share, CURL_LOCK_DATA_CONNECT)
        unsafe ccurl_share_lock_data(share, CURL_LOCK_DATA_SSL_SESSION)
    }

    deinit { unsafe curl_share_cleanup(share) }
}

/// The shards of one origin.
struct ConnectionShards {
    /// The most handles of a shard.
    static let handlesPerShard = 32

    private var shards: [ConnectionShard] = []

    /// A shard with room, in which one more handle is counted.
    mutating func take() -> ConnectionShard {
        if let shard = shards.last(where: { $0.handles < ConnectionShards.handlesPerShard }) {
            shard.handles += 1
            return shard
        }
        let shard = ConnectionShard()
        shard.handles = 1
        shards.append(shard)
        return shard
    }

    /// Releases a handle's place after the handle was cleaned up. The first shard is kept for its TLS sessions.
    mutating func giveBack(_ shard: ConnectionShard) {
        shard.handles -= 1
        if shard.handles == 0, shards.count > 1 { shards.removeAll { $0 === shard } }
    }
}
