extension AnswerTable {
  /// Standard Webhooks and CloudEvents (cloudevents/spec, `http-webhook.md`): a 2xx is a yes whatever its body, and 410 asks
  /// to be left alone.
  static let webhook = AnswerTable([
    Row(statuses: [200...299], meaning: .delivered),
    Row(statuses: [300...399], meaning: .final(.redirected)),
    Row(statuses: [401...401, 403...403], meaning: .final(.unauthorized)),
    Row(statuses: [408...408, 425...425], meaning: .repeated(.timedOut)),
    Row(statuses: [410...410], meaning: .stops),
    Row(statuses: [429...429], meaning: .repeatedLater(.rateLimited)),
    Row(statuses: [503...503], meaning: .repeatedLater(.serverError)),
    Row(statuses: [500...999], meaning: .repeated(.serverError)),
    Row(statuses: [0...999], meaning: .final(.clientError)),
  ])
}
