import Foundation
import Testing

/// A short run of what is run for longer by hand.
@Suite struct SoakTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/Soak"

    @Test func `reloads under load, a third of them bad, fail no request and break no stream`() throws {
        let arguments = ["python3", Self.folder + "/reloads.py", "--best", Program.path]
        // A few requests, that this stays a test; memory is looked at in the long run, where it has come to rest.
        let sizes = ["--reloads", "24", "--rate", "100", "--streams", "20", "--gap", "20", "--pause", "0.05", "--growth", "50000"]
        let program = try Program(arguments + sizes, environment: ["PYTHONDONTWRITEBYTECODE": "1"], executable: "/usr/bin/env")
        #expect(try program.waitForExit(Deadline(.seconds(90))) == .code(0), "\(program.text)")
    }
}
