internal import Secrets

/// A topic of Azure Event Grid that takes CloudEvents.
struct EventGrid: Destination {
  static let type = "eventgrid"
  static let says = "A topic of Azure Event Grid with the CloudEvents schema."

  var url = ReferenceText.nowhere
  var key = ReferenceText.nowhere

  init() {}

  static let fields: [Field<EventGrid>] = [
    Field(
      "url", .url(as: .url), to: \.url, isRequired: true,
      example: #""https://runs.westeurope-1.eventgrid.azure.net/api/events""#, "The topic's endpoint."),
    Field(
      "key", .secret, to: \.key, isRequired: true, example: #""${env:EVENTGRID_KEY}""#, "An access key of the topic."),
  ]

  var address: (field: String, url: ReferenceText)? { ("url", url) }
  static let hosts = ["eventgrid.azure.net"]

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(url, as: .url)
    let key = try secrets.text(key, as: .credential)
    return { message in
      var request = OutgoingRequest(url, body: message.body ?? message.event)
      request.contentType = "application/cloudevents+json; charset=utf-8"
      request.headers = [("aeg-sas-key", key)]
      return .http(request)
    }
  }

  func identity(_ secrets: SecretSource) -> [String] { [url.identity(secrets, as: .url)] }

  static let answers = AnswerTable([], otherwise: .webhook, named: "webhook", says: ["error.message"])
}
