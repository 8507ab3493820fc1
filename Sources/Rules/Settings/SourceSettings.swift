package import Secrets

/// Where the runs are. Every member has a default, which is a variable of the vendor's SDK.
package struct SourceSettings: Sendable {
  package let endpoint: ReferenceText
  package let organization: ReferenceText
  package let secretKey: ReferenceText
  /// PEM bundle of the only authorities to trust. Nil: the system's.
  package var ca: ReferenceText?
  /// Where people look at a run.
  package var link = RunLink.standard

  /// The variables of the vendor's SDK.
  package static let standard = SourceSettings(
    endpoint: ReferenceText(environment: "DATATURE_VI_API_ENDPOINT", fallback: "https://api.vi.datature.com"),
    organization: ReferenceText(environment: "DATATURE_VI_ORGANIZATION_ID"),
    secretKey: ReferenceText(environment: "DATATURE_VI_SECRET_KEY"))
}
