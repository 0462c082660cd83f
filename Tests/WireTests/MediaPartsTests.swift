import Testing
import Wire

/// The tokens that the pictures, sounds and files of a request count for.
@Suite struct MediaPartsTests {
    private func media(_ parts: String...) throws -> MediaParts {
        let quote = #"{"type":"text","text":"\"type\":\"image_url\""}"#
        let text = #"{"model":"m","messages":[{"role":"user","content":[\#(quote),\#(parts.joined(separator: ","))]}]}"#
        let body = Array(text.utf8)
        return try RequestEnvelope(scanning: body.span.bytes).media(in: body.span.bytes)
    }

    private static let data = String(repeating: "iVBORw0KGgo", count: 4000)

    @Test(
        arguments: [
            (#"{"type":"image_url","image_url":{"url":"https://example.com/cat.png","detail":"high"}}"#, 1600),
            (#"{"type":"image_url","image_url":"https://example.com/cat.png"}"#, 1600),
            (#"{ "image_url" : { "detail" : "low", "url" : "https://example.com/cat.png" }, "type" : "image_url" }"#, 1600),
            (#"{"type":"input_image","file_id":"file-1"}"#, 1600),
            (#"{"type":"input_image","detail":"low","image_url":"https://example.com/a.png"}"#, 1600),
            (#"{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}"#, 1600),
            (#"{"type":"input_audio","input_audio":{"data":"","format":"wav"}}"#, 1000), (#"{"type":"file","file":{"file_id":"file-1"}}"#, 4096),
            (#"{"type":"input_file","file_url":"https://example.com/a.pdf"}"#, 4096),
            (#"{"type":"video_url","video_url":{"url":"https://example.com/a.mp4"}}"#, 8192), (#"{"type":"text","text":"image_url"}"#, 0),
        ]) func `a part given by address or id counts what such parts usually cost`(part: String, tokens: Int) throws
    {
        let media = try media(part)
        #expect(media.tokens == tokens && media.dataBytes == 0)
        #expect(try self.media(part, part, part).tokens == 3 * tokens)
    }

    @Test func `pictures are recognized by their parts and not by words in a text`() throws {
        let picture = #"{"type":"image_url","image_url":{"url":"https://example.com/cat.png"}}"#
        #expect(try media(picture, picture).images == 2)
        #expect(try media(#"{"type":"input_audio"}"#).images == 0)
        #expect(try media(#"{"type":"text","text":"{\"type\":\"image_url\"}"}"#) == MediaParts())
    }

    @Test func `the data of a picture does not count as text, whatever it contains`() throws {
        let data = MediaPartsTests.data
        let picture = try media(#"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(data)"}}"#)
        #expect(picture.tokens == 1600 && picture.dataBytes == data.utf8.count + 22)
        let file = try media(#"{"type":"file","file":{"filename":"a.pdf","file_data":"\#(data)"}}"#)
        #expect(file.tokens == 4096 && file.dataBytes == data.utf8.count)
        let book = try media(#"{"type":"file","file":{"file_data":"data:application/pdf;base64,\#(data + data + data)"}}"#)
        #expect(book.tokens == 5501)
        let text = try media(#"{"type":"document","source":{"type":"text","data":"\#(String(repeating: "these are words ", count: 50))"}}"#)
        #expect(text.tokens == 4096 && text.dataBytes == 0)
    }

    @Test(arguments: [
        #""text":"data:image/png;base64,\#(data)""#, #""content":"data:;base64,\#(data)""#, #""url":"data:,these are words \#(data)""#,
        #""url":"data:image/png;base64,these are words \#(data)""#, #""url":"data:text/plain;base64,\#(data)""#, #""b":"\#(data)""#,
        #""file_data":"\#(data) \#(String(repeating: "these are words ", count: 4000))""#,
    ]) func `whatever a model may read as text counts as text, whatever it begins with`(member: String) throws {
        #expect(try media(#"{"type":"image_url",\#(member)}"#).dataBytes == 0)
    }

    @Test func `sound that is included counts by its length`() throws {
        let hour = String(repeating: "A", count: 76_000_000 / 100)
        let media = try media(#"{"type":"input_audio","input_audio":{"data":"\#(hour)","format":"mp3"}}"#)
        #expect(media.tokens == 1000)
        #expect(try self.media(#"{"type":"input_audio","input_audio":{"data":"\#(hour + hour + hour)"}}"#).tokens == 1068)
    }
}
