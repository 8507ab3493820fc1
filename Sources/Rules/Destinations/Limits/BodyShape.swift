/// What a service insists on in the body of a message, as data: what it would answer with a refusal is an error of the rules
/// file.
struct BodyShape: Sendable {
  /// At least one of these members must say something.
  let anyOf: [String]
  /// The service's word for a message without them.
  let refusal: String
  /// Members that it knows; another one is passed over by it, and so most likely a mistake.
  let known: [String]
  /// Lists of objects that have a `type`, by place, and what each type needs.
  let lists: [String: [String: [Need]]]

  /// One of these members; a place such as `text.text` is a text in an object.
  struct Need: Sendable {
    let anyOf: [String]
  }
}
