/// A kind of content a model takes or makes, by OpenRouter's names (`architecture.input_modalities`, `output_modalities`).
public enum Modality: String, CaseIterable, Hashable, Sendable {
    case text, image, audio, video, file
}
