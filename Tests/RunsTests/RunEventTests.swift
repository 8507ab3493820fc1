import JSONSource
import Testing

@testable import Runs

struct RunEventTests {
  /// With odd spacing and digits that a number type would lose.
  private static let document =
    #"{ "runId":"run_abc123", "spec":{"flow":{"name":"detector \"two\""},"trainingProject":"boats"},"#
    + #""status" : {"conditions":[{"condition":"Failed","lastTransitionTime":1795427160000,"reason":"OOM","message":"no\nmemory"},"#
    + #"{"condition":"Running","lastTransitionTime":1795419120000}]},"#
    + #""metadata":{"timeCreated":1795419000000,"attributes":{"rate" : 1.10, "n":12345678901234567890}},"x":-0 ,"y":1.0E+2 }"#

  private func event(
    _ document: String = document, organization: String = "org", previousPhase: Phase? = .running,
    endpoint: String = "https://api.vi.datature.com"
  ) throws -> RunEvent {
    let run = try Run(parsing: Array(document.utf8))
    return RunEvent(
      run, reading: run.reading, previousPhase: previousPhase,
      origin: .init(organization: organization, endpoint: endpoint))
  }

  private func id(_ run: String = "r", _ name: String = "Failed", _ time: Int64 = 5, organization: String = "o") throws
    -> String
  {
    let entry = #"{"condition":"\#(name)","lastTransitionTime":\#(time)}"#
    return try event(#"{"runId":"\#(run)","status":{"conditions":[\#(entry)]}}"#, organization: organization).id
  }

  @Test func `the event has every field of the contract, in its order`() throws {
    let event = try event()
    #expect(
      String(decoding: event.body, as: UTF8.self)
        == #"{"specversion":"1.0","id":"\#(event.id)","source":"https://api.vi.datature.com/workspaces/org","#
        + #""type":"com.datature.vi.run.failed","subject":"run_abc123","time":"2026-11-23T09:46:00.000Z","#
        + #""datacontenttype":"application/json","data":\#(String(decoding: event.data, as: UTF8.self))}"#)
  }

  @Test func `the data has every field of the contract, and the document byte for byte`() throws {
    let data = String(decoding: try event().data, as: UTF8.self)
    #expect(
      data == #"{"runId":"run_abc123","phase":"failed","previousPhase":"running","flow":"detector \"two\"","#
        + #""trainingProject":"boats","attributes":{"rate" : 1.10, "n":12345678901234567890},"condition":"Failed","#
        + #""reason":"OOM","message":"no\nmemory","createdAt":"2026-11-23T07:30:00.000Z","#
        + #""startedAt":"2026-11-23T07:32:00.000Z","endedAt":"2026-11-23T09:46:00.000Z","durationSeconds":8040,"#
        + #""durationText":"2h 14m","organization":"org","run":\#(Self.document)}"#)
  }

  @Test func `what a run does not say is null, and attributes are then empty`() throws {
    let event = try event(#"{"runId":"r","status":{}}"#, previousPhase: nil)
    let data = try JSONDocument(parsing: event.data).root
    #expect(data["attributes"]?.members?.isEmpty == true)
    let absent = data.members?.filter(\.value.isNull).map(\.key)
    #expect(
      absent == [
        "previousPhase", "flow", "trainingProject", "condition", "reason", "message", "createdAt", "startedAt",
        "endedAt", "durationSeconds", "durationText",
      ])
    #expect(event.time == Timestamp(milliseconds: 0))
  }

  @Test func `a run that goes on has no end, and one cut off by killedAt no condition`() throws {
    let running = try JSONDocument(
      parsing: event(#"{"runId":"r","status":{"conditions":[{"condition":"Running","lastTransitionTime":9}]}}"#).data)
    #expect(running.root["endedAt"]?.isNull == true)
    let killed = try JSONDocument(parsing: event(#"{"runId":"r","status":{},"spec":{"killedAt":1000}}"#).data)
    #expect(killed.root["phase"]?.string == "cancelled")
    #expect(killed.root["condition"]?.isNull == true)
    #expect(killed.root["endedAt"]?.string == "1970-01-01T00:00:01.000Z")
  }

  @Test func `a clock that went backwards gives a duration of zero`() throws {
    let entries =
      #"{"condition":"Running","lastTransitionTime":9000},"#
      + #"{"condition":"Pending","status":"FailedReach"},{"condition":"Finished","lastTransitionTime":9000}"#
    let event = try event(
      #"{"runId":"r","status":{"conditions":[\#(entries)]},"metadata":{"timeCreated":99000},"spec":{"killedAt":2}}"#)
    #expect(try JSONDocument(parsing: event.data).root["durationSeconds"]?.integer == 0)
  }

  @Test func `the id depends on organization, run, phase and time, each of them`() throws {
    let ids = try [
      id(), id(organization: "p"), id("s"), id("r", "Error"), id("r", "Failed", 6), id("r", "Failed", -5),
    ]
    #expect(Set(ids).count == ids.count)
    for id in ids {
      #expect(id.wholeMatch(of: /evt_[0-9a-f]{32}/) != nil)
    }
  }

  @Test func `the id depends on nothing else`() throws {
    let same = try event(
      #"{"runId":"run_abc123","status":{"conditions":[{"condition":"Failed","lastTransitionTime":1795427160000}]}}"#,
      previousPhase: nil, endpoint: "http://localhost:1")
    #expect(try event().id == same.id)
  }

  @Test func `the id is this one on every machine and in every version`() throws {
    #expect(try id() == "evt_6ab19dd1c3168d3e692456e46e9af24c")
  }
}
