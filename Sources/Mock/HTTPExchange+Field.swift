internal import HTTPServer
internal import Wire

extension HTTPExchange {
    /// The value of the first field named `name`, given in lower case; empty without one.
    @_lifetime(borrow self)
    func field(_ name: StaticString) -> RawSpan {
        if let value = value(of: name) { return value }
        return RawSpan()
    }
}
