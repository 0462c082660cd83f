internal import Configuration
internal import EventLoop
internal import Gateway
internal import HTTPServer
internal import Observability
internal import Quality
internal import Service

/// Reload: the files are read again, and what they say is taken into use as a whole or not at all.
extension ServeProgram {
    /// Makes the object that `SIGHUP` and the admin endpoint ask for a reload.
    func makeReloader() -> Reloader<LoadedConfiguration> {
        let loader = settings.loader
        let reloader = Reloader(on: loop, load: { loader.load() }, apply: { [unowned self] in take($0) })
        reloader.began = { [unowned self] in if isServing { service.reloadBegan() } }
        reloader.settle = { [unowned self] in await gateway?.settled() }
        reloader.ended = { [unowned self] in reloadEnded($0) }
        return reloader
    }

    /// What the service manager shows.
    var status: String {
        let (models, providers) = (gateway?.modelCounts.values.reduce(0, +) ?? 0, configuration.providers.count)
        var text = "serving \(models) model\(models == 1 ? "" : "s") of \(providers) provider\(providers == 1 ? "" : "s")"
        if let bound = server?.address { text += " on http://\(bound)" }
        if let mockReason { text += ", all of them mocks with made-up text: \(mockReason)" }
        if let refusal { text += "; reload refused: \(refusal)" }
        return text
    }

    /// Why the mock fleet stands for providers; `nil` where it does not.
    var mockReason: String? {
        guard usesMock else { return nil }
        return settings.forcesMock ? "--mock asks for it" : "--demo asks for it, as no provider can be used"
    }

    private func take(_ loaded: LoadedConfiguration) -> ReloadReport {
        guard var new = loaded.configuration, loaded.problems.isEmpty else { return ReloadReport(problems: loaded.problems.map(\.description)) }
        let staysMock = usesMock && (settings.forcesMock || new.providers.isEmpty)
        if staysMock { new.providers = configuration.providers }
        let change = ConfigurationChange(from: configuration, to: new)
        let problems = change.problems
        guard problems.isEmpty else { return ReloadReport(problems: problems) }
        let (before, accessBefore) = (configuration, gateway?.access)
        usesMock = staysMock
        configuration = change.applicable
        if before.leaderboards != configuration.leaderboards { keepLeaderboards() }
        gateway?.apply(configuration)
        loop.task(self) { await $0.reloadQuality() }
        loop.held.most = configuration.server.maximumHeldBytes
        server?.apply(limits())
        adminListener?.apply(limits())
        applyLogging()
        if isServing { watchTurns() }
        var notes = ConfigurationDifference(from: before, to: new).restartNotes + change.restartNotes
        notes += loaded.warnings.filter { !$0.keyPath.hasSuffix(".api_key_env_var") }.map(\.description)
        if gateway?.access.isShut == true {
            let since = accessBefore?.isOpen == true ? "from now on" : "as it was before"
            notes.append("a key is needed, \(since), and there is none that opens the gateway")
        }
        return ReloadReport(notes: notes, changes: change.summary)
    }

    /// Reads the boards, the snapshot and the adjustments again; requests go on meanwhile by what was known, and afterwards too where nothing of it
    /// has changed.
    func reloadQuality() async {
        let isChanged = await quality.loadBoards(configuration, directory: settings.directory, on: loop)
        for problem in quality.newProblems() { observer.notice(problem) }
        if isChanged { gateway?.qualityDidChange() }
    }

    private func reloadEnded(_ report: ReloadReport) {
        for problem in report.problems { observer.notice("reload: \(problem)") }
        for note in report.notes { observer.notice("reload: \(note)") }
        if let first = report.problems.first {
            refusal = report.problems.count == 1 ? first : "\(first) (and \(report.problems.count - 1) more)"
            observer.notice("reload refused: the configuration of before stays in use")
        } else {
            refusal = nil
            observer.notice("reloaded (\(report.changes)): \(status)")
        }
        if isServing { service.ready(status: status) }
    }
}
