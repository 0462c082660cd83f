import Foundation
import Gateway
import Glibc
import LoopTesting

/// The certificates of the TLS tests, and a server for each, made once.
final class Certificates: Sendable {
    static let shared: Certificates? = {
        do { return try Certificates() } catch { print("no certificates: \(error)") }
        return nil
    }()

    /// The authority that signed all but one.
    let authority: String
    /// For localhost and 127.0.0.1.
    let good: Int
    /// For another host.
    let otherHost: Int
    /// Expired.
    let expired: Int
    /// Signed only by itself.
    let selfSigned: Int
    // Ends the servers when the test program does.
    private let server: Process
    private let lifeline: Pipe

    private init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("best-tls-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder + "/work") }
        authority = folder + "/ca.pem"
        try Certificates.run("/bin/sh", ["-euc", Certificates.script, "sh", folder])
        server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Python/tls_server.py").path
        server.arguments = ["python3", program, folder, "good", "other", "expired", "self"]
        lifeline = Pipe()
        let output = Pipe()
        server.standardInput = lifeline
        server.standardOutput = output
        try server.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            line += String(decoding: more, as: UTF8.self)
        }
        let ports = line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard ports.count == 4 else { throw PeerError.malformed("ports: \(line)") }
        (good, otherHost, expired, selfSigned) = (ports[0], ports[1], ports[2], ports[3])
    }

    /// The host behind a port, trusted through the authority.
    func origin(_ port: Int, host: String = "127.0.0.1", proxy: String? = nil) -> UpstreamOrigin {
        UpstreamOrigin(isSecure: true, host: host, port: port, proxy: proxy, certificateFile: authority)
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    /// Makes the keys and certificates in the folder `$1`; `openssl ca` is the command that can set a time in the past.
    private static let script = """
        cd "$1"
        mkdir -p work
        key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
        key ca
        openssl req -x509 -new -key ca.key -subj /CN=test-authority -days 2 -out ca.pem -addext basicConstraints=critical,CA:TRUE
        printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=work/db\\nnew_certs_dir=work\\nserial=work/serial\\ndefault_md=sha256\\npolicy=p\\ncopy_extensions=copy\\nunique_subject=no\\n[p]\\ncommonName=supplied\\n' > work/ca.cnf
        : > work/db
        echo 01 > work/serial
        sign() {
            key "$1"
            openssl req -new -key "$1.key" -subj "/CN=$1" -addext "subjectAltName=$2" -out "work/$1.csr"
            openssl ca -batch -notext -config work/ca.cnf -cert ca.pem -keyfile ca.key -startdate "$3" -enddate "$4" -in "work/$1.csr" -out "$1.pem"
        }
        sign good DNS:localhost,IP:127.0.0.1 20200101000000Z 20990101000000Z
        sign other DNS:other.test 20200101000000Z 20990101000000Z
        sign expired DNS:localhost,IP:127.0.0.1 20200101000000Z 20200102000000Z
        key self
        openssl req -x509 -new -key self.key -subj /CN=localhost -days 2 -out self.pem -addext subjectAltName=DNS:localhost,IP:127.0.0.1
        """
}
