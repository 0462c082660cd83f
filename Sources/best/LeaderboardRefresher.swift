internal import EventLoop
internal import Foundation
internal import Gateway
internal import Scoring

/// Keeps the table of model qualities fresh: from the last good copies or the snapshot at once, from the sources when their copies are old.
///
/// Nothing waits for it: reading, parsing and fitting are done on the thread pool, fetching by cold calls between other work of the loop.
final class LeaderboardRefresher {
    /// How long after a start or a failure sources are asked (again).
    private static let retryInterval = Duration.seconds(3600)

    private let options: LeaderboardOptions
    private let store: BoardStore
    private let snapshot: URL
    private let fetches: Bool
    private let aliases: [String: String]
    private let loop: EventLoop
    private let transport: any UpstreamTransport
    private let observer: any GatewayObserver
    private let tableChanged: (QualityTable) -> Void
    private var timer: LoopTimer?
    private var current: FileFetch?
    private var isStopped = false
    /// The last problem of each source, so that one that lasts is said once.
    private var problems: [String: String] = [:]

    /// Prepares to keep a table fresh.
    ///
    /// - Parameter tableChanged: Told each new table, on the loop; the first one comes soon after `start()`.
    init(
        _ configuration: GatewayConfiguration, configDirectory: String, on loop: EventLoop, transport: any UpstreamTransport,
        observer: any GatewayObserver, tableChanged: @escaping (QualityTable) -> Void
    ) {
        options = configuration.leaderboards
        store = BoardStore(
            directory: URL(filePath: configuration.server.dataDirectory).appending(path: "leaderboards"), maximumBytes: options.maximumBytes)
        snapshot = URL(filePath: configDirectory).appending(path: ScoreBook.snapshotName)
        // Who only uses servers on this machine does not expect it to call others.
        let isLocal = configuration.providers.allSatisfy { HostName.isLoopback($0.baseURL.host) || $0.baseURL.host == "localhost" }
        fetches = options.enabled && (!isLocal || options.mirror != nil)
        aliases = ScoreBook.aliases(configuration.scoring)
        self.loop = loop
        self.transport = transport
        self.observer = observer
        self.tableChanged = tableChanged
    }

    /// Gives a table from what is on the disk, then keeps it fresh.
    func start() {
        let known = Set(BoardSource.all.map(\.id))
        let unknown = options.skip.filter { !known.contains($0) }
        if !unknown.isEmpty {
            observer.notice("leaderboards.skip: no source is called \(unknown.joined(separator: ", ")); see best scores --sources")
        }
        loop.task(self) { refresher in
            await refresher.refit()
            guard refresher.fetches, !refresher.isStopped else { return }
            refresher.timer = try? LoopTimer(on: refresher.loop) { [weak refresher] _ in refresher?.refresh() }
            refresher.refresh()
        }
    }

    /// Ends everything.
    func stop() {
        isStopped = true
        timer?.close()
        timer = nil
        current?.cancel()
    }

    /// A new table from what is on the disk.
    private func refit() async {
        let (store, snapshot) = (store, snapshot)
        let (table, rejected) = await LoopWork.run(on: loop) {
            let loaded = store.load()
            let rejected = loaded.statuses.compactMap { status in status.problem.map { (status.source, $0) } }
            if !loaded.content.boards.isEmpty {
                return (QualityTable(fitting: loaded.content.boards, facts: loaded.content.facts, sources: loaded.sources), rejected)
            }
            let bytes = (try? Data(contentsOf: snapshot)).map { [UInt8]($0) }
            return (bytes.flatMap { try? QualitySnapshot.read($0) } ?? .empty, rejected)
        }
        guard !isStopped else { return }
        for (source, problem) in rejected { say("the copy of \(source) is ignored: \(problem)", about: source) }
        var named = table
        named.aliases = aliases
        tableChanged(named)
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
            guard !refresher.isStopped else { return }
            if !came.isEmpty {
                refresher.observer.notice("leaderboards fetched: \(came.joined(separator: ", "))")
                await refresher.refit()
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
                say("\(source.id) can't be fetched from \(url.host): \(problem.description)", about: source.id)
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

    private func say(_ line: String, about source: String) {
        guard problems[source] != line else { return }
        problems[source] = line
        observer.notice(line)
    }
}
