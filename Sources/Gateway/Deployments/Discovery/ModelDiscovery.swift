internal import EventLoop

/// Finds out which models the providers have: asks them, keeps the lists, and asks again when it is time. It makes no call but `GET …/models`,
/// which no provider charges for.
final class ModelDiscovery {
    private let loop: EventLoop
    private let transport: any UpstreamTransport
    private let notices: any Notices
    private var options: DiscoveryOptions
    private let cache: (any ModelListCache)?
    private let lanes: PatternLanes
    /// Told when the models of a source have changed.
    var changed: () -> Void = {}
    /// Told when lists are no longer waited for.
    var waitEnded: () -> Void = {}
    private var sources: [ModelSource]
    private var fetches: [(source: ModelSource, fetch: ModelListFetch)] = []
    private var timer: LoopTimer?
    private var waiter: UnsafeContinuation<Void, Never>?
    private var waitsUntil: LoopInstant?
    private var random: HealthRandom
    private var isStopped = false
    private var isSaving = false
    private var needsSaving = false
    private var saveFailure: String?

    init(
        _ sources: [ModelSource], options: DiscoveryOptions, on loop: EventLoop, transport: any UpstreamTransport, notices: any Notices,
        cache: (any ModelListCache)?, lanes: PatternLanes
    ) {
        self.sources = sources
        self.lanes = lanes
        self.options = options
        self.loop = loop
        self.transport = transport
        self.notices = notices
        self.cache = cache
        random = HealthRandom(state: loop.makeSeed())
    }

    /// Whether lists that have never come are waited for: since the start, or since a reload that has brought new providers.
    var isWaiting: Bool { waitsUntil != nil }

    /// Whether models that nobody has yet may still come: some provider's list has never come, and it was not asked in vain so often that it may never.
    var expectsMore: Bool {
        // A list that came and is not chosen from in its time may never be.
        sources.contains { !$0.isKnown && $0.listed == nil && $0.schedule.failures < ModelDiscovery.mostFailures }
    }

    /// When the next such list may be there, as a client is told it: 1 s to 1 min.
    var nextNews: Duration {
        let next = sources.compactMap { $0.isKnown ? nil : $0.nextFetch }.min()
        guard let next, !isWaiting, !sources.contains(where: { !$0.isKnown && isAsking($0) }) else { return .seconds(1) }
        return min(max(next.elapsed(since: loop.now) + .seconds(1), .seconds(1)), .seconds(60))
    }

    /// After so many calls in vain, a minute or so by default, nobody is told any more to come back for the models of a provider.
    private static let mostFailures = 3

    /// Begins to wait for the lists that have never come.
    func beginWaiting() {
        guard waitsUntil == nil, !isStopped, options.patience > .zero, sources.contains(where: { !$0.isKnown }) else { return }
        waitsUntil = loop.now.advanced(by: options.patience)
    }

    /// Takes the lists from the cache and asks the providers for what is missing or old. Returns when every provider's models are known, or
    /// after the patience for it; a list that is late comes in when it comes.
    func start() async {
        guard sources.contains(where: \.isDiscovered), timer == nil, !isStopped else { return }
        beginWaiting()
        timer = try? LoopTimer(on: loop) { [unowned self] _ in timerFired() }
        await restore()
        guard !isStopped else { return }
        for source in sources where source.isDiscovered && (!source.isKnown && source.isChosen || source.needsNewList) { fetch(source) }
        askWhatIsDue()
        guard sources.contains(where: { !$0.isKnown }), options.patience > .zero else {
            goOn()
            return armTimer()
        }
        armTimer()
        await withUnsafeContinuation { waiter = $0 }
    }

    /// Ends every call and the timer; nothing is asked any more.
    func stop() {
        isStopped = true
        timer?.close()
        timer = nil
        for entry in fetches { entry.fetch.cancel() }
        fetches = []
        goOn()
    }

    /// Takes other sources into use, in this turn: calls for those that are gone or elsewhere now end, and those whose models are not known, or
    /// may be others, are asked.
    func replaceSources(_ sources: [ModelSource], options: DiscoveryOptions) {
        self.sources = sources
        self.options = options
        let isStale = { (source: ModelSource) in source.needsNewList || !source.isDiscovered || !sources.contains { $0 === source } }
        for entry in fetches where isStale(entry.source) { entry.fetch.cancel() }
        fetches.removeAll { isStale($0.source) }
        guard !isStopped else { return }
        guard timer != nil else {
            loop.task(self) { await $0.start() }
            return
        }
        for source in sources where source.isDiscovered && !isAsking(source) {
            if source.needsNewList || !source.isKnown && source.nextFetch == nil { fetch(source) }
        }
        for source in sources where !source.isChosen { choose(source) { _ in nil } }
        beginWaiting()
        goOnIfAllIsThere()
        armTimer()
    }

    // MARK: Asking

    private func isAsking(_ source: ModelSource) -> Bool { fetches.contains { $0.source === source } }

    private func goOnIfAllIsThere() {
        if !sources.contains(where: { !$0.isKnown && (isAsking($0) || !$0.isChosen) }) { goOn() }
    }

    private func fetch(_ source: ModelSource) {
        guard !isStopped else { return }
        source.nextFetch = nil
        source.needsNewList = false
        let timeout = options.timeout
        let fetch = ModelListFetch(on: loop, transport: transport, redactor: source.provider.redactor) { [unowned source] query in
            source.listRequest(query, timeout: timeout)
        } done: { [weak self] fetch, outcome in
            self?.received(outcome, of: source, fetch)
        }
        fetches.append((source, fetch))
        fetch.start()
    }

    private func received(_ outcome: ModelListFetch.Outcome, of source: ModelSource, _ fetch: ModelListFetch) {
        fetches.removeAll { $0.fetch === fetch }
        switch outcome {
        case .list(let list): take(list, from: source)
        case .failed(let reason, let isCredential): failed(reason, isCredential: isCredential, source)
        }
        goOnIfAllIsThere()
        armTimer()
    }

    private func take(_ list: ModelList, from source: ModelSource) {
        let isFirst = !source.isKnown
        // A list that is empty all at once is the provider's trouble; its models would not come back for a day.
        if list.models.isEmpty, !source.models.isEmpty { return failed("the list is empty", isCredential: false, source) }
        let wait = source.schedule.succeeded(options, random: random.unit())
        source.nextFetch = loop.now.advanced(by: wait)
        source.receive(list.models, at: loop.secondsSinceEpoch)
        let skipped = list.skipped == 0 ? "" : "; \(list.skipped) \(list.skipped == 1 ? "entry" : "entries") of the list left out"
        choose(source) { difference in
            if isFirst { return "\(source.models.count) \(source.models.count == 1 ? "model" : "models")\(skipped)" }
            return difference.description.map { "\($0)\(skipped)" }
        }
    }

    /// Finds out which models of a source's list are offered, which may need another thread, and has them taken into use.
    ///
    /// - Parameter notice: What is to be said of what changed.
    private func choose(_ source: ModelSource, _ notice: @escaping (ModelListDifference) -> String?) {
        if let difference = source.chooseAtOnce() { return chosen(source, difference, notice) }
        loop.task((self, source, notice)) { discovery, source, notice in
            let difference = await source.choose(in: discovery.lanes)
            guard !discovery.isStopped else { return }
            // A choice that was begun before may have taken in this list too.
            if let difference { discovery.chosen(source, difference, notice) } else if !source.isChosen { discovery.isStuck(source) }
            discovery.goOnIfAllIsThere()
        }
    }

    private func chosen(_ source: ModelSource, _ difference: ModelListDifference, _ notice: (ModelListDifference) -> String?) {
        // One that was taken away by a reload meanwhile is nobody's any more.
        guard sources.contains(where: { $0 === source }) else { return }
        if let text = notice(difference) { tell(text, of: source) }
        // Also without a difference in names: contexts and prices may have changed.
        changed()
        save()
    }

    private func isStuck(_ source: ModelSource) {
        tell("`include` and `exclude` have not come to an end on a list of before; keeping the \(source.models.count) models known", of: source)
    }

    private func failed(_ reason: String, isCredential: Bool, _ source: ModelSource) {
        let keys = source.provider.configuration.keys
        if isCredential, source.keyIndex + 1 < keys.count {
            let variable = keys[source.keyIndex].variable
            source.keyIndex += 1
            tell("no list of models with \(variable) (\(reason)); asking with \(keys[source.keyIndex].variable)", of: source)
            return fetch(source)
        }
        source.keyIndex = 0
        let wait = source.schedule.failed(options, random: random.unit())
        source.nextFetch = loop.now.advanced(by: wait)
        let kept = source.models.isEmpty ? "" : ", keeping the \(source.models.count) models known"
        tell("no list of models (\(reason))\(kept); asking again in \(wait.seconds) s", of: source)
    }

    /// Notes something about a provider that may hold its own words.
    private func tell(_ text: String, of source: ModelSource) {
        notices.notice("\(source.provider.name): \(source.provider.redactor.redacted(text))")
    }

    // MARK: Time

    private func goOn() {
        waitsUntil = nil
        waitEnded()
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }

    private func timerFired() {
        guard !isStopped else { return }
        if let limit = waitsUntil, limit <= loop.now {
            if waiter != nil {
                let late = sources.filter { !$0.isKnown }.map(\.provider.name).joined(separator: ", ")
                notices.notice("still waiting for the models of \(late); starting without them")
            }
            goOn()
        }
        askWhatIsDue()
        armTimer()
    }

    private func askWhatIsDue() {
        for source in sources { if let next = source.nextFetch, next <= loop.now, !isAsking(source) { fetch(source) } }
    }

    private func armTimer() {
        let next = (sources.compactMap(\.nextFetch) + (waitsUntil.map { [$0] } ?? [])).min()
        if let next { timer?.arm(at: next) } else { timer?.disarm() }
    }

    // MARK: The cache

    /// Takes the lists that were kept, each with the time it has left.
    private func restore() async {
        guard let cache else { return }
        let bytes: [UInt8]?
        do throws(ModelListCacheError) {
            bytes = try await cache.load()
        } catch {
            return notices.notice("\(cache.place) is ignored: \(error)")
        }
        guard let bytes else { return }
        let redactors = Dictionary(sources.map { ($0.provider.name, $0.provider.redactor) }) { first, _ in first }
        let archive = await LoopWork.run(on: loop) {
            var archive = ModelListArchive(reading: bytes)
            // Of a provider that has come meanwhile nobody has looked for the secrets; it is asked.
            archive?.lists.removeAll { redactors[$0.provider] == nil }
            for index in archive?.lists.indices ?? 0..<0 {
                guard let list = archive?.lists[index], let redactor = redactors[list.provider] else { continue }
                archive?.lists[index].models = ModelSource.cleaned(list.models, redactor)
            }
            return archive
        }
        guard let archive else { return notices.notice("\(cache.place) is ignored: it is not a list of models this version has written") }
        let now = loop.secondsSinceEpoch
        var models = 0
        var restored = 0
        for source in sources where source.isDiscovered && !source.isKnown {
            guard let list = archive.list(of: source.provider.name, at: source.listURL.text), !list.models.isEmpty else { continue }
            source.receive(list.models, at: list.fetchedAt)
            // A time in the future is a clock that was set; the list is then as good as new.
            let age = Duration.seconds(max(0, now - list.fetchedAt))
            let wait = source.schedule.succeeded(options, age: age, random: random.unit())
            source.nextFetch = loop.now.advanced(by: wait)
            guard source.chooseAtOnce() != nil else {
                choose(source) { [place = cache.place] _ in "\(source.models.count) models taken from \(place)" }
                continue
            }
            restored += 1
            models += source.models.count
        }
        guard restored > 0 else { return }
        notices.notice("\(models) models of \(restored) \(restored == 1 ? "provider" : "providers") taken from \(cache.place)")
        changed()
    }

    /// Keeps the lists. While that is being done, what changes is kept in one further go.
    private func save() {
        guard let cache else { return }
        needsSaving = true
        guard !isSaving else { return }
        isSaving = true
        loop.task((self, cache)) { discovery, cache in
            while discovery.needsSaving, !discovery.isStopped {
                discovery.needsSaving = false
                await discovery.write(to: cache)
            }
            discovery.isSaving = false
        }
    }

    private func write(to cache: any ModelListCache) async {
        var archive = ModelListArchive()
        for source in sources {
            guard let models = source.listed else { continue }
            archive.lists.append(
                ModelListArchive.List(provider: source.provider.name, url: source.listURL.text, fetchedAt: source.listedAt, models: models))
        }
        let complete = archive
        let bytes = await LoopWork.run(on: loop) { complete.bytes }
        do throws(ModelListCacheError) {
            try await cache.save(bytes)
            saveFailure = nil
        } catch {
            if saveFailure != error.description { notices.notice("the lists of models can't be kept in \(cache.place): \(error)") }
            saveFailure = error.description
        }
    }
}
