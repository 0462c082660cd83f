import EventLoop
import Foundation
import Gateway
import GatewayTesting
import Testing

@testable import best

/// The lists of models on the disk: the old bytes or the new ones, whatever happens.
@Suite struct ModelListFileTests {
    private final class Outcome {
        var bytes: [UInt8]?
        var problem: String?
    }

    private func run(
        _ path: String, _ body: @escaping (ModelListFile) async throws(ModelListCacheError) -> [UInt8]?
    ) -> Outcome {
        let loop = EventLoop(simulatedFrom: GatewaySimulation.start, epoch: GatewaySimulation.epoch, seed: 1)
        var configuration = GatewayConfiguration()
        configuration.discovery.cacheFile = path
        let (file, outcome) = (ModelListFile(configuration, on: loop), Outcome())
        loop.step {
            loop.task((file, outcome, body)) { file, outcome, body in
                do throws(ModelListCacheError) { outcome.bytes = try await body(file) } catch { outcome.problem = error.description }
            }
        }
        loop.close()
        return outcome
    }

    private func load(_ path: String) -> Outcome { run(path) { file throws(ModelListCacheError) in try await file.load() } }

    private func save(_ bytes: [UInt8], to path: String) -> Outcome {
        run(path) { file throws(ModelListCacheError) in
            try await file.save(bytes)
            return nil
        }
    }

    @Test func `what is saved is read, by its owner alone, and nothing else is left behind`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/new/deep/models.json"
        #expect(load(path).bytes == nil && load(path).problem == nil, "a file that is not there is no problem")
        for bytes in [[1, 2, 3], Array(repeating: 7, count: 600_000), []] as [[UInt8]] {
            #expect(save(bytes, to: path).problem == nil && load(path).bytes == bytes)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/new/deep") == ["models.json"])
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    @Test func `what is no file is neither read nor written over`() throws {
        let folder = try TemporaryFolder()
        #expect(load(folder.path).problem == "not a file")
        #expect(save([1], to: folder.path).problem?.hasPrefix("can't be replaced: ") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        try folder.write("x", to: "file")
        #expect(save([1], to: folder.path + "/file/models.json").problem?.isEmpty == false)
    }

    @Test func `without a place of its own it is in the data directory`() {
        var configuration = GatewayConfiguration()
        #expect(ModelListFile.place(of: configuration) == "data/models.json")
        configuration.server.dataDirectory = "/var/lib/best"
        #expect(ModelListFile.place(of: configuration) == "/var/lib/best/models.json")
        configuration.discovery.cacheFile = "/tmp/x"
        #expect(ModelListFile.place(of: configuration) == "/tmp/x")
    }
}
