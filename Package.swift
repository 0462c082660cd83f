// swift-tools-version: 6.2
import PackageDescription

/// Language settings of every target: Swift 6 mode (the tools version's default) plus the upcoming features the code is
/// written for. `Lifetimes` lets a type of ours hand out a borrowed `RawSpan` (SE-0446, SE-0456).
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    // Exclusivity checks cost about a fifth of the instructions of a request; debug, test and sanitizer builds keep them.
    // The small functions of Wire are inlined into the modules above it: 4 % of the instructions of a request.
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release)),
]

/// What the program says of itself: the commit and its day, as `make release` hands them over. Without quotes, as C puts them on itself.
let buildFacts: [CSetting] = ["BEST_COMMIT", "BEST_DATE"].compactMap { name in
    Context.environment[name].map { .define(name, to: $0) }
}

/// What makes a release binary smaller by 4 MB: relocations in the packed form that glibc reads since 2.36, and no table of symbols for libraries to find
/// in the program, since it loads none that would look there. The toolchain's own linker knows both.
let smallerProgram = [
    "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-O2",
    // By which the symbols, in a file of their own, are found.
    "-Xlinker", "--build-id=sha1",
]

/// The modules that talk to C also state every unsafe use.
let boundary: [SwiftSetting] = common + [.strictMemorySafety()]

let package = Package(
    name: "BEST",
    products: [.executable(name: "best", targets: ["best"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        // 0: C
        .systemLibrary(name: "CUV", path: "Modules/CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CCurl", path: "Modules/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CMemory", path: "Modules/CMemory"),
        .systemLibrary(name: "CZlib", path: "Modules/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCrypto", path: "Modules/CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CBuild", path: "Modules/CBuild", cSettings: buildFacts),
        .target(name: "CICU", path: "Modules/CICU", cSettings: [.define("BEST_WITHOUT_ICU_DATA", .when(configuration: .release))]),
        .target(name: "CLLHTTP", path: "Modules/CLLHTTP", cSettings: [.define("LLHTTP_STRICT_MODE", to: "1")]),
        // 1
        .target(name: "Wire", dependencies: ["CMemory"], swiftSettings: common),
        .target(name: "EventLoop", dependencies: ["CUV", "Wire"], swiftSettings: boundary),
        .target(name: "Cryptography", dependencies: ["CCrypto"], swiftSettings: boundary),
        .target(name: "HTTP1", dependencies: ["CLLHTTP", "Wire"], swiftSettings: boundary),
        // 2
        .target(name: "HTTPServer", dependencies: ["EventLoop", "HTTP1", "Wire"], swiftSettings: common),
        // 3
        .target(name: "Gateway", dependencies: ["Cryptography", "EventLoop", "HTTPServer", "Wire"], swiftSettings: common),
        // 4
        .target(name: "Upstream", dependencies: ["Gateway", "EventLoop", "HTTP1", "Wire", "CCurl", "CZlib"], swiftSettings: boundary),
        .target(name: "Configuration", dependencies: ["Gateway", "HTTPServer", "Wire", "Yams"], swiftSettings: common),
        .target(name: "Observability", dependencies: ["EventLoop", "Gateway", "Wire"], swiftSettings: common),
        .target(name: "Service", dependencies: ["EventLoop", "Gateway"], swiftSettings: common),
        .target(name: "Admin", dependencies: ["Cryptography", "Gateway", "Wire"], swiftSettings: common),
        .target(name: "Mock", dependencies: ["EventLoop", "HTTPServer", "Wire"], swiftSettings: common),
        .target(
            name: "Storage", dependencies: ["Cryptography", "EventLoop", "Gateway", "Wire", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: common),
        .target(name: "Scoring", dependencies: ["Wire"], swiftSettings: common),
        .target(name: "Quality", dependencies: ["EventLoop", "Gateway", "Scoring", "Wire"], swiftSettings: common),
        .target(name: "Bench", dependencies: ["EventLoop", "HTTP1", "Wire"], swiftSettings: common),
        // 5
        .executableTarget(
            name: "best",
            dependencies: [
                "Admin", "Bench", "CBuild", "CICU", "Configuration", "EventLoop", "Gateway", "HTTPServer", "Mock", "Observability", "Quality",
                "Scoring",
                "Service", "Storage", "Upstream", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: common, linkerSettings: [.unsafeFlags(smallerProgram, .when(configuration: .release))]),
        // Tests
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: common),
        .testTarget(name: "HTTP1Tests", dependencies: ["HTTP1", "Wire"], swiftSettings: common),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration", "Gateway", "HTTPServer"], exclude: ["Versions"], swiftSettings: common),
        .testTarget(name: "BenchTests", dependencies: ["Bench", "EventLoop", "Wire"], swiftSettings: common),
        .testTarget(name: "MockTests", dependencies: ["EventLoop", "HTTPServer", "Mock", "Wire"], swiftSettings: common),
        .target(name: "LoopTesting", dependencies: ["EventLoop"], path: "Tests/LoopTesting", swiftSettings: common),
        .target(
            name: "GatewayTesting", dependencies: ["Cryptography", "EventLoop", "Gateway", "HTTPServer", "Wire"], path: "Tests/GatewayTesting",
            swiftSettings: common),
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "LoopTesting", "Wire"], swiftSettings: common),
        .testTarget(name: "HTTPServerTests", dependencies: ["EventLoop", "HTTPServer", "LoopTesting", "Wire"], swiftSettings: common),
        .testTarget(
            name: "UpstreamTests", dependencies: ["EventLoop", "Gateway", "LoopTesting", "Upstream", "Wire"], exclude: ["Python"],
            swiftSettings: common),
        .testTarget(name: "ServiceTests", dependencies: ["EventLoop", "Gateway", "LoopTesting", "Service"], swiftSettings: common),
        .testTarget(
            name: "GatewayTests", dependencies: ["Cryptography", "EventLoop", "Gateway", "GatewayTesting", "HTTPServer", "LoopTesting", "Wire"],
            exclude: ["Fixtures"], swiftSettings: common),
        .testTarget(name: "AdminTests", dependencies: ["Admin", "Gateway", "GatewayTesting", "Wire"], swiftSettings: common),
        .testTarget(
            name: "ObservabilityTests", dependencies: ["EventLoop", "Gateway", "GatewayTesting", "Observability", "Wire"], swiftSettings: common),
        .testTarget(
            name: "BestTests",
            dependencies: [
                "best", "EventLoop", "Gateway", "GatewayTesting", "Observability", "Quality", "Scoring", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: common),
        .testTarget(name: "ScoringTests", dependencies: ["Scoring", "Wire"], swiftSettings: common),
        .testTarget(
            name: "QualityTests", dependencies: ["EventLoop", "Gateway", "GatewayTesting", "LoopTesting", "Quality", "Scoring", "Wire"],
            swiftSettings: common),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "Admin", "Bench", "Configuration", "Cryptography", "EventLoop", "Gateway", "GatewayTesting", "HTTP1", "HTTPServer", "LoopTesting",
                "Mock", "Observability", "Scoring", "Service", "Storage", "Upstream", "Wire",
            ], swiftSettings: common),
        .testTarget(name: "EndToEndTests", dependencies: ["LoopTesting"], exclude: ["Python", "allocation_counter.c"], swiftSettings: common),
        .testTarget(
            name: "StorageTests",
            dependencies: [
                "Cryptography", "EventLoop", "Gateway", "LoopTesting", "Storage", "Wire", .product(name: "GRDB", package: "GRDB.swift"),
            ], swiftSettings: common),
    ]
)

// `make fuzz` builds this one target with libFuzzer's main; no other build sees it. Only the program is instrumented, not what drives it: what a scenario
// does with its input is nothing to find out about, and the watching costs as much as the work.
if Context.environment["BEST_FUZZ"] != nil {
    for target in package.targets where target.type == .regular && target.path == nil {
        target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer"]))
    }
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["Gateway", "GatewayTesting", "HTTP1", "Wire"], path: "Tests/Fuzz", exclude: ["Seeds"],
            swiftSettings: common + [.unsafeFlags(["-parse-as-library"])], linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]))
}

// `make bench-ranking` builds this one target, optimised and with the modules' insides in sight.
if Context.environment["BEST_MICROBENCH"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Microbench", dependencies: ["EventLoop", "Gateway", "Wire"], path: "Tests/Microbench",
            swiftSettings: common + [.unsafeFlags(["-parse-as-library"])]))
}
