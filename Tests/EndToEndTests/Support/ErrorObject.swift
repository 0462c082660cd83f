import Foundation

/// OpenAI's error object.
struct ErrorObject {
    let message: String
    let type: String
    let param: String?
    let code: String?

    init?(_ value: Any?) {
        guard let object = value as? [String: Any], let message = object["message"] as? String, let type = object["type"] as? String,
            let param = object["param"], let code = object["code"], param is String || param is NSNull, code is String || code is NSNull
        else { return nil }
        (self.message, self.type, self.param, self.code) = (message, type, param as? String, code as? String)
    }
}
