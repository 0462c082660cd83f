internal import Foundation
internal import Gateway

/// Finds the credentials in the variables that name proxies (libcurl-env(3)): `https_proxy=http://user:password@proxy.example:3128`.
///
/// libcurl takes them from there by itself; they are found here only so that nobody is shown them.
enum ProxyCredentials {
    private static let variables = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    /// A password of fewer bytes is looked for only together with its user: text may hold it for any reason.
    private static let leastBytes = 4

    /// The variables that are not in the environment, in neither spelling, but in another place.
    static func settings(environment: [String: String], elsewhere: (String) -> String?) -> [String: String] {
        var found: [String: String] = [:]
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            guard environment[name] == nil, environment[name.uppercased()] == nil else { continue }
            // Upper-case HTTP_PROXY is a header field's name in CGI (httpoxy), and libcurl does not read it.
            let spellings = name == "http_proxy" ? [name] : [name, name.uppercased()]
            for spelling in spellings { if found[name] == nil, let value = elsewhere(spelling) { found[name] = value } }
        }
        return found
    }

    /// The credentials, as they stand there, percent-decoded, the password alone, and as the Basic scheme sends them (RFC 7617 §2).
    static func find(in environment: [String: String]) -> [Secret] {
        var found: Set<String> = []
        for variable in variables {
            guard let url = environment[variable], let credentials = credentials(of: url) else { continue }
            let decoded = credentials.removingPercentEncoding ?? credentials
            for form in [credentials, decoded] {
                found.insert(form)
                if let colon = form.firstIndex(of: ":") {
                    let password = String(form[form.index(after: colon)...])
                    if password.utf8.count >= leastBytes { found.insert(password) }
                }
                found.insert(Data(form.utf8).base64EncodedString())
            }
        }
        return found.sorted().map(Secret.init)
    }

    /// What stands before the host; `nil` where nothing does.
    private static func credentials(of url: String) -> String? {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        // Behind the authority an @ means nothing, but who forgot to encode a slash in a password has one there.
        let authority = url[start...].prefix { !"/?#".contains($0) }
        guard let end = authority.lastIndex(of: "@") ?? url[start...].lastIndex(of: "@"), end > start else { return nil }
        return String(url[start..<end])
    }
}
