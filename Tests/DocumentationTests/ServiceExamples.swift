import EventLoop
import Foundation
import Gateway
import LoopTesting
import Service
import Testing

@testable import Configuration

@Suite(.timeLimit(.minutes(5))) struct ServiceExamples {
    @Test func `ConfigurationLoader finds everything that is wrong at once`() throws {
        let directory = NSTemporaryDirectory() + "best-example-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data("server: {prot: 1}\n".utf8).write(to: URL(fileURLWithPath: directory + "/best.yaml"))
        // Example: ConfigurationLoader
        let loaded = ConfigurationLoader(directory: directory, environment: ["GROQ_API_KEY": "gsk-1"]).load()
        let lines = loaded.problems.map(\.description)  // each with its file, line and key, and with what would be right
        let configuration = loaded.configuration  // nil as long as there is a problem
        // End
        let expected = "best.yaml:1: server.prot: unknown key; did you mean \"port\"?"
        #expect(lines.contains { $0.hasSuffix(expected) } && configuration == nil, "\(lines)")
    }

    @Test func `ConfigurationOption is the reader and the manual of one option`() {
        // Example: ConfigurationOption
        struct QueueOptions {
            var longestWait: Duration = .seconds(2)
        }

        let options: [ConfigurationOption<QueueOptions>] = [
            .duration("longest_wait", \.longestWait, in: .zero ... .seconds(60), "How long a request may wait in the queue.")
        ]
        // End
        guard case .value(let value) = options[0].form else { return #expect(Bool(false)) }
        #expect(options[0].name == "longest_wait" && value.spell(QueueOptions()) == "2s" && value.accepts == "a time, 0s to 1m")
    }

    @Test func `Reloader reads beside the loop and hands over on it`() async throws {
        try await withLoop { loop in
            let loader = ConfigurationLoader(directory: nil, workingDirectory: NSTemporaryDirectory() + UUID().uuidString, environment: [:])
            // Example: Reloader
            let reloader = Reloader(on: loop, load: { loader.load() }) { loaded in
                guard loaded.configuration != nil else { return ReloadReport(problems: loaded.problems.map(\.description)) }
                return ReloadReport(changes: "\(loaded.resolved.count) providers")  // where the gateway takes it into use
            }
            let report = await reloader.reload()  // `request()` where nobody waits, as on a signal
            // End
            #expect(report.isApplied && report.changes == "0 providers", "\(report)")
            reloader.stop()
        }
    }

    @Test func `ServiceManager says nothing where there is no manager`() async throws {
        try await withLoop { loop in
            // Example: ServiceManager
            let manager = ServiceManager(on: loop, environment: ProcessInfo.processInfo.environment, processID: getpid())
            manager.ready(status: "serving 3 models")
            manager.statusChanged(to: "serving 4 models")
            manager.stopping(status: "finishing 2 requests")
            manager.close()
            // End
        }
    }
}
