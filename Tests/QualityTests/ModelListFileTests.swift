import EventLoop
import Foundation
import Gateway
import LoopTesting
import Quality
import Testing

@Suite struct ModelListFileTests {
    private func configuration(_ folder: TemporaryFolder, file: String? = nil) -> GatewayConfiguration {
        var configuration = GatewayConfiguration(providers: [])
        configuration.server.dataDirectory = folder.path
        configuration.discovery.cacheFile = file
        return configuration
    }

    @Test func `lists lie in the data directory unless the configuration names a file`() throws {
        let folder = try TemporaryFolder()
        #expect(ModelListFile.place(of: configuration(folder)) == "\(folder.path)/models.json")
        #expect(ModelListFile.place(of: configuration(folder, file: "/elsewhere/lists")) == "/elsewhere/lists")
    }

    @Test func `what is saved is read again, folders are made, and nothing is left beside it`() async throws {
        let folder = try TemporaryFolder()
        let settings = configuration(folder, file: "\(folder.path)/a/b/lists.json")
        try await withLoop { loop in
            let file = ModelListFile(settings, on: loop)
            #expect(try await file.load() == nil)
            for bytes in [[UInt8](repeating: 7, count: 600_000), [1, 2, 3], []] {
                try await file.save(bytes)
                #expect(try await file.load() == bytes)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/a/b") == ["lists.json"])
        let mode = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/a/b/lists.json")[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `a folder in its place is told, and left alone`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "models.json/inside")
        let settings = configuration(folder)
        try await withLoop { loop in
            let file = ModelListFile(settings, on: loop)
            await #expect(throws: ModelListCacheError.self) { _ = try await file.load() }
            await #expect(throws: ModelListCacheError.self) { try await file.save([1]) }
        }
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/models.json/inside"))
    }
}
