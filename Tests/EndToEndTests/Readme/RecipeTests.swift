import Foundation
import Testing

/// The recipes in `config/examples`, and the ways to install.
@Suite struct RecipeTests {
    /// Proxies as the real programs, streams through them, and the validators of what else is there; what is not installed is skipped there, and said.
    @Test func `every recipe works as it stands`() throws {
        let script = Readme.package.appendingPathComponent("Tests/Recipes/recipes.py").path
        let program = try Program(["python3", "-B", script, "--best", Program.path], executable: "/usr/bin/env")
        #expect(try program.waitForExit(Deadline(.seconds(120))) == .code(0), "\(program.text)")
        #expect(program.text.contains("local-gpus.yaml: best check") && program.text.contains(", 0 failed"))
    }

    @Test func `every file of the recipes is in their list, and every link there leads somewhere`() throws {
        let folder = Readme.package.appendingPathComponent("config/examples").path
        let list = try Readme.file("config/examples/README.md")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "README.md" {
            #expect(list.contains("(\(name))"), "\(name)")
        }
        for part in list.components(separatedBy: "](").dropFirst() {
            let link = String(part.prefix { $0 != ")" })
            #expect(FileManager.default.fileExists(atPath: folder + "/" + link), "\(link)")
        }
    }

    @Test func `the ways to install are those that the packaging has`() throws {
        let makefile = try Readme.file("Makefile")
        for target in ["deb", "tarball", "image", "install", "dist"] { #expect(makefile.contains("\n\(target):"), "make \(target)") }
        for way in [
            "apt install ./best_*.deb", "systemctl enable --now best", "bin/best serve --demo", "podman load", "best serve --config /etc/best",
        ] {
            #expect(Readme.spans.contains(way), "\(way)")
        }
        #expect(try Readme.file(".packaging/deb").contains("best_${version}_$architecture.deb") && makefile.contains("DIST := .build/dist"))
        #expect(try Readme.file(".packaging/environment").contains("GROQ_API_KEY") && makefile.contains("PREFIX"), "/etc/best/environment")
        let image = try Readme.file(".packaging/image.py")
        #expect(image.contains("\"User\"") && image.contains("serve"))
        for page in ["man best", "man best.yaml", "man meta-providers.yaml"] {
            #expect(try Readme.file(".packaging/stage").contains(page.dropFirst(4)), "\(page)")
        }
        // `best health`, `best --version` and `best manual` have tests of their own; `compose.yaml` and `kubernetes.yaml` are tried above.
        #expect(
            Readme.spans.contains("best setup") && Readme.spans.contains("best health") && Readme.spans.contains("best manual")
                && Readme.spans.contains("best --version"))
    }
}
