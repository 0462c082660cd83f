internal import CLLHTTP
internal import Wire

/// The functions that llhttp calls. Each finds the notes through the parser's `data` and records what it was
/// passed. A result other than 0 stops the parser: `HPE_PAUSED` until the machine continues, `HPE_USER` for
/// good.
enum LLHTTPCallbacks {
    /// One set for every parser; written once, before the first is made, and only read afterwards.
    static nonisolated(unsafe) let settings: UnsafePointer<llhttp_settings_t> = {
        let settings = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
        unsafe llhttp_settings_init(settings)
        unsafe settings.pointee.on_header_field = llhttpDidReadFieldName
        unsafe settings.pointee.on_header_value = llhttpDidReadFieldValue
        unsafe settings.pointee.on_headers_complete = llhttpDidReachPause
        unsafe settings.pointee.on_chunk_header = llhttpDidReadChunkSize
        unsafe settings.pointee.on_chunk_extension_name = llhttpDidReadExtensionName
        unsafe settings.pointee.on_chunk_extension_name_complete = llhttpDidEndExtensionPart
        unsafe settings.pointee.on_chunk_extension_value = llhttpDidReadExtensionValue
        unsafe settings.pointee.on_chunk_extension_value_complete = llhttpDidEndExtensionPart
        unsafe settings.pointee.on_body = llhttpDidReadBody
        unsafe settings.pointee.on_message_complete = llhttpDidReachPause
        return unsafe UnsafePointer(settings)
    }()

    static let proceed: CInt = 0
    static let pause = CInt(HPE_PAUSED.rawValue)
    static let stop = CInt(HPE_USER.rawValue)
    /// llhttp's `HEADER_STATE.CONTENT_LENGTH` (constants.ts): the name just read is exactly this field's.
    static let contentLengthState: UInt8 = 2
}

@inline(__always)
private func notes(of parser: UnsafeMutablePointer<llhttp_t>?) -> UnsafeMutablePointer<LLHTTPNotes> {
    unsafe parser.unsafelyUnwrapped.pointee.data.assumingMemoryBound(to: LLHTTPNotes.self)
}

/// The bytes of a callback; they are used before it returns.
@inline(__always)
@_lifetime(immortal)
private func span(_ start: UnsafePointer<CChar>?, _ length: Int) -> RawSpan {
    unsafe _overrideLifetime(RawSpan(_unsafeStart: UnsafeRawPointer(start.unsafelyUnwrapped), byteCount: length), borrowing: ())
}

private func refuse(_ code: HTTP1Error.Code, _ notes: UnsafeMutablePointer<LLHTTPNotes>) -> CInt {
    unsafe notes.pointee.failure = code
    return LLHTTPCallbacks.stop
}

private func llhttpDidReachPause(_ parser: UnsafeMutablePointer<llhttp_t>?) -> CInt {
    LLHTTPCallbacks.pause
}

private func llhttpDidReadFieldName(_ parser: UnsafeMutablePointer<llhttp_t>?, _ start: UnsafePointer<CChar>?, _ length: Int) -> CInt {
    let notes = unsafe notes(of: parser)
    // llhttp accepts a line that begins with a colon.
    guard length > 0 else { return unsafe refuse(.malformedFieldLine, notes) }
    if unsafe notes.pointee.areTrailers {
        return unsafe HeadFields.forbidsTrailer(span(start, length)) ? refuse(.forbiddenTrailer, notes) : LLHTTPCallbacks.proceed
    }
    // A name whose value was not reported would be attached to the wrong line.
    guard unsafe notes.pointee.nameLength == 0 else { return unsafe refuse(.inconsistentFraming, notes) }
    if unsafe notes.pointee.toleratesRepeats, unsafe parser.unsafelyUnwrapped.pointee.header_state == LLHTTPCallbacks.contentLengthState {
        // llhttp would refuse a second one; that all are equal is checked at the end of the head.
        unsafe parser.unsafelyUnwrapped.pointee.flags &= ~UInt16(F_CONTENT_LENGTH.rawValue)
        unsafe parser.unsafelyUnwrapped.pointee.content_length = 0
    }
    unsafe notes.pointee.name = start
    unsafe notes.pointee.nameLength = length
    return LLHTTPCallbacks.proceed
}

private func llhttpDidReadFieldValue(_ parser: UnsafeMutablePointer<llhttp_t>?, _ start: UnsafePointer<CChar>?, _ length: Int) -> CInt {
    let notes = unsafe notes(of: parser)
    if unsafe notes.pointee.areTrailers { return LLHTTPCallbacks.proceed }
    guard unsafe notes.pointee.nameLength > 0 else { return unsafe refuse(.malformedFieldLine, notes) }
    unsafe notes.pointee.fields.append(name: span(notes.pointee.name, notes.pointee.nameLength), value: span(start, length))
    unsafe notes.pointee.nameLength = 0
    return LLHTTPCallbacks.proceed
}

private func llhttpDidReadBody(_ parser: UnsafeMutablePointer<llhttp_t>?, _ start: UnsafePointer<CChar>?, _ length: Int) -> CInt {
    let notes = unsafe notes(of: parser)
    unsafe notes.pointee.body = start
    unsafe notes.pointee.bodyLength = length
    return LLHTTPCallbacks.pause
}

private func llhttpDidReadChunkSize(_ parser: UnsafeMutablePointer<llhttp_t>?) -> CInt {
    // After the last chunk's line, the machine must see every byte of the trailers before llhttp does.
    unsafe parser.unsafelyUnwrapped.pointee.content_length == 0 ? LLHTTPCallbacks.pause : LLHTTPCallbacks.proceed
}

private func llhttpDidReadExtensionName(_ parser: UnsafeMutablePointer<llhttp_t>?, _ start: UnsafePointer<CChar>?, _ length: Int) -> CInt {
    let notes = unsafe notes(of: parser)
    unsafe notes.pointee.partBytes += length
    return unsafe notes.pointee.countExtension(length) ? LLHTTPCallbacks.proceed : refuse(.malformedChunk, notes)
}

private func llhttpDidReadExtensionValue(_ parser: UnsafeMutablePointer<llhttp_t>?, _ start: UnsafePointer<CChar>?, _ length: Int) -> CInt {
    let notes = unsafe notes(of: parser)
    let bytes = unsafe span(start, length)
    for offset in 0..<length {
        let byte = bytes.byte(at: offset)
        if unsafe notes.pointee.partBytes == 0 { unsafe notes.pointee.isQuoted = byte == UInt8(ascii: "\"") }
        // llhttp accepts a quote in the middle of a value, and DEL.
        let isAccepted = unsafe notes.pointee.isQuoted ? byte != 0x7F : AcceptedBytes.accepts(byte, in: .token)
        guard isAccepted else { return unsafe refuse(.malformedChunk, notes) }
        unsafe notes.pointee.partBytes += 1
    }
    return unsafe notes.pointee.countExtension(length) ? LLHTTPCallbacks.proceed : refuse(.malformedChunk, notes)
}

private func llhttpDidEndExtensionPart(_ parser: UnsafeMutablePointer<llhttp_t>?) -> CInt {
    let notes = unsafe notes(of: parser)
    // The one byte is the semicolon before a name or the equals sign before a value.
    guard unsafe notes.pointee.partBytes > 0, unsafe notes.pointee.countExtension(1) else { return unsafe refuse(.malformedChunk, notes) }
    unsafe notes.pointee.partBytes = 0
    return LLHTTPCallbacks.proceed
}
