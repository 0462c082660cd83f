internal import ArgumentParser
internal import EventLoop
internal import HTTPServer
internal import Mock

/// `best mock`: a provider whose behaviour can be scripted, for tests and load runs.
struct MockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mock",
        abstract: "Run a scriptable OpenAI-compatible provider.",
        discussion: """
            Each request may say how it wants to be answered, in the header x-mock or in the model's name: \
            `x-mock: status=429,retry-after=7` or `"model": "mock:ttft=50,tokens=20"`. GET /mock/stats shows counters, \
            POST /mock/config?tokens=100 changes the default, POST /mock/reset the counters.

            Speed     ttft=MS  rate=CHUNKS/S  gap=MS  delay=MS  tokens=N  bytes=N
                      batch=N; MS may be exp:200, uniform:10-90, lognormal:50/0.5
            Failure   status=N  reset|stall=head|half|N  cut=half|N  error-event=N
                      empty[=choices|content|body]
                      malformed=json|sse|truncated|headers
                      A probability goes in front: fail=0.05:429; times=N strikes
                      the first N only.
            Bodies    body=openai|google|google-object|openrouter|vllm|mistral|
                      cerebras|cohere|nvidia|azure|anthropic|ollama|fastapi|html|
                      text|empty, and in-200 for an error inside a success
                      message=TEXT code=TEXT (%XX for other bytes)
            Limits    window=minute|day|month: the limit a 429 speaks of, in the
                      words of the body's owner; quota=5/60: a hidden one
            Come back retry-after=[DIALECT:]SECONDS, in the dialects seconds date
                      ms azure reset-go groq cerebras cerebras-day openrouter
                      google anthropic modelscope ietf epoch prose
                      field=NAME:VALUE for any other header
            Lying     nofinish  nodone  finish=error  cut=N  nostream
                      empty=content  mutter=MS (comments instead of content)

            Examples:
              best mock --port 9100
              best mock --behaviour 'ttft=exp:200,rate=50,fail=0.05:429'
              best mock --behaviour 'status=429,body=google,window=day'
            """)

    @Option(help: ArgumentHelp("The IP address to listen on.", valueName: "address"))
    var host = "127.0.0.1"
    @Option(help: ArgumentHelp("The port to listen on; 0 lets the system choose.", valueName: "port"))
    var port: UInt16 = 9100
    @Option(help: ArgumentHelp("The seed of everything random.", valueName: "number"))
    var seed: UInt64 = 0
    @Option(help: ArgumentHelp("What requests without instructions get, in the language of x-mock.", valueName: "script"))
    var behaviour: String?
    @Flag(help: "Use the benchmark's behaviour: no pauses, sequence numbers and send times in the content.")
    var bench = false

    func run() throws {
        guard let address = SocketAddress(host: host, port: port) else { throw ValidationError("--host \(host) is not an IP address") }
        var fleet = MockFleet.standard
        if bench { fleet.providers[0].behaviour = .benchmark }
        if let behaviour {
            do {
                fleet.providers[0].behaviour = try MockBehaviour(parsing: behaviour)
                // Models that answer as the benchmark expects do so in this way, too.
                for place in fleet.providers[0].models.indices { try fleet.providers[0].models[place].behaviour?.apply(behaviour) }
            } catch {
                throw ValidationError("--behaviour: \(error)")
            }
        }
        ProcessTraits.ignoreBrokenPipes()
        ProcessTraits.raiseDescriptorLimit()
        let loop = EventLoop()
        let mock = try MockProvider(on: loop, fleet: fleet, seed: seed)
        let server: HTTPServer
        do {
            server = try HTTPServer(on: loop, address: address, responder: mock)
        } catch {
            Terminal.say("error: can't listen on \(address): \(error)")
            throw ExitCode.unavailable
        }
        mock.openConnections = { [unowned server] in server.openConnections }
        let stop = {
            server.closeAll()
            loop.stop()
        }
        let signals = [try SignalWatcher(.terminate, on: loop, onSignal: stop), try SignalWatcher(.interrupt, on: loop, onSignal: stop)]
        if let bound = server.address { Terminal.say("best mock listens on http://\(bound)/v1") }
        loop.run()
        for signal in signals { signal.close() }
        mock.close()
    }
}
