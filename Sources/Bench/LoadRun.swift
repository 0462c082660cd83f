public import EventLoop

/// Carries out a plan on a loop of its own: one thread, no allocation for a request or an event.
///
/// ```swift
/// let recipe = RequestRecipe(prompts: .synthetic(.constant(20)), endpoint: .chat, model: "m", streams: true, outputTokens: nil, seed: 1)
/// let target = LoadTarget(
///     name: "gateway", address: address, authority: "127.0.0.1", path: "/v1/chat/completions", recipe: recipe, bearer: nil)
/// let load = LoadStretch(mode: .closed(concurrency: 2), length: .requests(8), warmUp: .zero, timeout: .seconds(5), seed: 1)
/// let run = LoadRun(LoadPlan(targets: [target], load: load, pairs: 1)) { _, progress in _ = progress.fraction }
/// let result = try run.run()  // on a loop of its own, until the last answer
/// let sent = result.targets[0].measurement.requests
/// ```
public final class LoadRun {
    private let loop: EventLoop
    private let plan: LoadPlan
    private var clients: [LoadClient] = []
    private var current: LoadClient?
    private var isStopped = false
    private var result: LoadResult
    private var failure: UVError?
    private var signals: [SignalWatcher] = []
    private let onProgress: (_ target: String, _ run: LoadProgress) -> Void

    /// Prepares the requests of every target.
    ///
    /// - Parameter onProgress: Called fifty times a second with the name of the current target and the progress
    ///   of the whole run.
    public init(_ plan: LoadPlan, onProgress: @escaping (_ target: String, _ run: LoadProgress) -> Void) {
        self.plan = plan
        self.onProgress = onProgress
        loop = EventLoop()
        result = LoadResult(plan)
        clients = plan.targets.map { LoadClient(on: loop, target: $0) }
    }

    /// Sends the load and waits for the last answer. An interrupt (SIGINT) ends it early, with the measurements
    /// so far.
    public func run() throws(UVError) -> LoadResult {
        signals = [
            try SignalWatcher(.interrupt, on: loop) { [unowned self] in stop() },
            try SignalWatcher(.terminate, on: loop) { [unowned self] in stop() },
        ]
        loop.task(self) { run in
            do throws(UVError) { try await run.runStretches() } catch { run.failure = error }
            for client in run.clients { client.close() }
            for signal in run.signals { signal.close() }
            run.signals = []
            run.loop.stop()
        }
        loop.run()
        loop.close()
        if let failure { throw failure }
        return result
    }

    private func runStretches() async throws(UVError) {
        let stretches = plan.stretches
        for (number, stretch) in stretches.enumerated() where !isStopped {
            let client = clients[stretch.target]
            current = client
            client.onProgress = { [unowned self] progress in
                var whole = progress
                whole.fraction = (Double(number) + progress.fraction) / Double(stretches.count)
                onProgress(client.target.name, whole)
            }
            result.add(try await client.run(stretch.load), target: stretch.target)
        }
        result.wasInterrupted = isStopped
    }

    private func stop() {
        isStopped = true
        current?.stop()
    }
}
