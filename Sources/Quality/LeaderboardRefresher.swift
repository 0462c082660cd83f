package import EventLoop
internal import Foundation
package import Gateway
internal import Scoring

/// Keeps the copies of boards and catalogues fresh: fetches from the sources what is old.
///
/// Nothing waits for it: reading and parsing are done on the thread pool, fetching by cold calls between other work of the loop.
package final class LeaderboardRefresher {
    /// How long after a start or a failure sources are asked (again).
    private static let retryInterval = Duration.seconds(3600)

    private let options: LeaderboardOptions
    private let store: BoardStore
    private let fetches: Bool
    private let loop: EventLoop
    private let transport: any UpstreamTransport
    private let observer: any GatewayObserver
    private let boardsChanged: () async -> Void
    private let redactor: Redactor
    private var timer: LoopTimer?
    private var current: FileFetch?
    private var isStopped = false
    /// The sources that could not be fetched in this round, and why, where that has not been said.
    private var unreached: [(source: String, reason: String)] = []
    /// The last problem of each source, so that one that lasts is said once.
    package private(set) var problems: [String: String] = [:]

    /// Prepares to keep copies fresh.
    ///
    /// - Parameter boardsChanged: Reads the copies; called soon after `start()` where there are any, and each time that new ones came.
    package init(
        _ configuration: GatewayConfiguration, on loop: EventLoop, transport: any UpstreamTransport, observer: any GatewayObserver,
        boardsChanged: @escaping () async -> Void
    ) {
        options = configuration.leaderboards
        redactor = Redactor(configuration.proxyCredentials)
        store = ScoreBook.ownBoards(configuration)
        // Who only uses servers on this machine does not expect it to call others.
        let isLocal = configuration.providers.allSatisfy { HostName.isLoopback($0.baseURL.host) || $0.baseURL.host == "localhost" }
        fetches = options.enabled && (!isLocal || options.mirror != nil)
        self.loop = loop
        self.transport = transport
        self.observer = observer
        self.boardsChanged = boardsChanged
    }

    /// Has what is on the disk read, then keeps it fresh.
    package func start() {
        let known = Set(BoardSource.all.map(\.id))
        let unknown = options.skip.filter { !known.contains($0) }
        if !unknown.isEmpty {
            observer.notice("leaderboards.skip: no source is called \(unknown.joined(separator: ", ")); see best scores --sources")
        }
        loop.task(self) { refresher in
            // Without a copy the snapshot is all there is, and that is in use already.
            if await !refresher.ages().isEmpty { await refresher.boardsChanged() }
            guard refresher.fetches, !refresher.isStopped else { return }
            refresher.timer = try? LoopTimer(on: refresher.loop) { [weak refresher] _ in refresher?.refresh() }
            refresher.refresh()
        }
    }

    /// Ends everything.
    package func stop() {
        isStopped = true
        timer?.close()
        timer = nil
        current?.cancel()
    }

    /// Fetches what is old, one file after the other, and fits once when anything came.
    private func refresh() {
        loop.task(self) { refresher in
            var came: [String] = []
            let statuses = await refresher.ages()
            let interval = Double(refresher.options.refreshInterval.components.seconds)
            for source in BoardSource.all where !refresher.options.skip.contains(source.id) && !refresher.isStopped {
                // A minute's grace: the timer fires when the copies are as old as the interval, give or take a little.
                if let age = statuses[source.id], age < interval - 60 { continue }
                if await refresher.fetch(source) { came.append(source.id) }
            }
            refresher.tellUnreached()
            guard !refresher.isStopped else { return }
            if !came.isEmpty {
                refresher.observer.notice("leaderboards fetched: \(came.joined(separator: ", "))")
                await refresher.boardsChanged()
            }
            guard !refresher.isStopped else { return }
            refresher.timer?.arm(after: min(refresher.options.refreshInterval, Self.retryInterval))
        }
    }

    /// The age of each source's copy in seconds, of those that have one.
    private func ages() async -> [String: Double] {
        let store = store
        return await LoopWork.run(on: loop) {
            Dictionary(uniqueKeysWithValues: BoardSource.all.compactMap { source in store.age(of: source).map { (source.id, $0) } })
        }
    }

    /// Fetches a source's files and makes them its last good copy when they can be read; whether that was so.
    private func fetch(_ source: BoardSource) async -> Bool {
        var files: [String: [UInt8]] = [:]
        for file in source.files {
            guard let address = options.mirror.map({ "\($0)/\(file.path)" }) ?? file.url, let url = try? HTTPURL(parsing: address) else { continue }
            let result = await FileFetch.fetch(url, on: transport, timeout: options.timeout, maximumBytes: options.maximumBytes) { current = $0 }
            current = nil
            guard !isStopped else { return false }
            switch result {
            case .success(let bytes): files[file.path] = bytes
            // Sources drop old files; what is left of them is as good as before.
            case .failure(let problem) where problem.isMissing: continue
            case .failure(let problem):
                let reason = redactor.redacted("from \(url.host): \(problem.description)")
                if problems[source.id] != reason { unreached.append((source.id, reason)) }
                problems[source.id] = reason
                return false
            }
        }
        guard !files.isEmpty else { return false }
        let (store, fetched) = (store, files)
        let problem = await LoopWork.run(on: loop) { () -> String? in
            do throws(BoardError) {
                try store.accept(fetched, of: source)
                return nil
            } catch {
                return error.description
            }
        }
        if let problem {
            say("\(source.id) is rejected, the last good copy stays: \(problem)", about: source.id)
            return false
        }
        problems[source.id] = nil
        return true
    }

    /// Says in one line what could not be fetched, and had not been said: without a network that is every source.
    private func tellUnreached() {
        guard let first = unreached.first, !isStopped else { return }
        if unreached.count == 1 {
            observer.notice("\(first.source) can't be fetched \(first.reason)")
        } else {
            let names = unreached.map(\.source).joined(separator: ", ")
            observer.notice("\(unreached.count) leaderboards can't be fetched, what is known of them stays: \(names) (the first \(first.reason))")
        }
        unreached = []
    }

    private func say(_ text: String, about source: String) {
        let line = redactor.redacted(text)
        guard problems[source] != line else { return }
        problems[source] = line
        observer.notice(line)
    }
}
