import Configuration
import Foundation
import Gateway
import Testing

@Suite struct VariablePrecedenceTests {
    private let yaml = "providers:\n  - api_key_env_var: DEMO_KEY\n    base_url: https://demo.example/v1\n"

    private func key(_ files: [String: String], _ environment: [String: String], credentials: Bool = false) throws -> String? {
        var environment = environment
        let fixture = try ConfigurationFixture(["config/meta-providers.yaml": yaml].merging(files) { $1 })
        if credentials { environment["CREDENTIALS_DIRECTORY"] = fixture.path + "/credentials" }
        return fixture.load(environment).configuration?.providers.first?.keys.first?.value.reveal { $0 }
    }

    @Test func `the environment wins over a secret file, that over credentials, those over .env`() throws {
        let files = ["key.txt": "from-file\n", "credentials/DEMO_KEY": "from-credentials\n", ".env": "DEMO_KEY=from-dotenv"]
        #expect(try key(files, ["DEMO_KEY": "from-env", "DEMO_KEY_FILE": "key.txt"], credentials: true) == "from-env")
        #expect(try key(files, ["DEMO_KEY_FILE": "key.txt"], credentials: true) == "from-file")
        #expect(try key(files, [:], credentials: true) == "from-credentials")
        #expect(try key(files, [:]) == "from-dotenv")
        #expect(try key([:], [:]) == nil)
    }

    @Test func `the file of a secret may be named in .env, and .env never overrides the environment`() throws {
        #expect(try key(["key.txt": "from-file\r\n", ".env": "DEMO_KEY_FILE=key.txt"], [:]) == "from-file")
        #expect(try key([".env": "DEMO_KEY=from-dotenv"], ["DEMO_KEY": ""]) == nil)
    }

    @Test func `white space around a key is not part of it`() throws {
        #expect(try key([:], ["DEMO_KEY": " abc\n"]) == "abc")
    }

    @Test func `a secret file that cannot be read is a problem that does not show what was given`() throws {
        let fixture = try ConfigurationFixture(["config/meta-providers.yaml": yaml])
        let loaded = fixture.load(["DEMO_KEY_FILE": "sk-oops-this-is-the-key"])
        #expect(loaded.configuration == nil)
        #expect(
            loaded.problems.map(\.description)
                == ["environment: DEMO_KEY_FILE: no such file; give the path of a readable file with the secret in it"])
        #expect(fixture.load(["DEMO_KEY_FILE": "config"]).problems.first?.found == "it is a directory")
        try fixture.write([UInt8](repeating: 0x41, count: 70_000), to: "big")
        #expect(fixture.load(["DEMO_KEY_FILE": "big"]).problems.first?.found == "the file is larger than 64 KiB")
    }

    @Test(arguments: ["ab cd", "ab\ncd", "schlüssel", String(repeating: "k", count: 9000)])
    func `a key that no header can hold is a problem that names the variable only`(key: String) throws {
        let found = try problems(of: yaml, ["DEMO_KEY": key])
        #expect(
            found == ["environment: DEMO_KEY: the key cannot be sent in a header; expected visible ASCII without spaces, at most 8192 bytes"])
    }

    @Test func `META_PROVIDERS_CONFIG_FILENAME replaces the file, and must exist then`() throws {
        let fixture = try ConfigurationFixture([
            "other.yaml": "providers:\n  - base_url: http://127.0.0.1:1/v1\n", "config/meta-providers.yaml": "nonsense",
        ])
        let loaded = fixture.load(["META_PROVIDERS_CONFIG_FILENAME": "other.yaml"])
        #expect(loaded.configuration?.providers.map(\.name) == ["127.0.0.1"])
        #expect(
            fixture.load(directory: nil, ["META_PROVIDERS_CONFIG_FILENAME": "none.yaml"]).problems.map(\.description)
                == ["none.yaml: no such file; expected the list of providers (META_PROVIDERS_CONFIG_FILENAME names it)"])
    }

    @Test func `the file must be there in a directory that was asked for, and may be absent in the default one`() throws {
        let fixture = try ConfigurationFixture()
        #expect(
            fixture.load(directory: "etc").problems.map(\.description) == [
                "etc: --config: no such directory; expected the directory with meta-providers.yaml"
            ])
        try fixture.write([], to: "etc/best.yaml")
        #expect(
            fixture.load(directory: "etc").problems.map(\.description) == ["etc/meta-providers.yaml: no such file; expected the list of providers"])
        #expect(fixture.load(directory: "etc/best.yaml").problems.map(\.found) == ["it is not a directory"])
        let loaded = fixture.load(directory: nil)
        #expect(loaded.problems.isEmpty)
        #expect(loaded.configuration?.providers.isEmpty == true)
        #expect(loaded.configuration?.server.mayBeOpen == true)
    }
}
