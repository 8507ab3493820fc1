import Glibc
import Transport

/// What an HTTP request costs through ``HTTPClient``, beside a bare libcurl loop in the same run, against a sink in a
/// process of its own: `vi-notify-bench transport`.
struct TransportBenchmarks {
  private static let requests = 20_000
  private static let concurrency = 32
  private static let rounds = 5
  private static let body = [UInt8](repeating: UInt8(ascii: "x"), count: 1_024)

  private let sink: SinkProcess

  init() throws(ServerFailure) {
    sink = try SinkProcess()
  }

  func run() async {
    let client = HTTPClient(
      HTTPClient.Configuration(maximumConnectionsPerHost: Self.concurrency, proxy: .none))
    await compareBursts(client)
    await comparePaced(client)
    await client.close()
  }

  /// Rounds alternate, so that a machine that is busy for a while is so for both.
  private func compareBursts(_ client: HTTPClient) async {
    let loop = BareLoop(url: sink.url, body: Self.body, concurrency: Self.concurrency)
    var (bare, ours): ([Cost], [Cost]) = ([], [])
    for _ in 0..<Self.rounds {
      let start = Moment.now
      expect(loop.run(Self.requests), Self.requests)
      bare.append(Cost(since: start, requests: Self.requests))
      let middle = Moment.now
      expect(await burst(client), Self.requests)
      ours.append(Cost(since: middle, requests: Self.requests))
    }
    let (limit, cost) = (Cost.best(bare), Cost.best(ours))
    report("transport_bare_speed", limit.perSecond, "requests/s")
    report("transport_speed", cost.perSecond, "requests/s", ratio: cost.perSecond / limit.perSecond)
    report("transport_bare_cpu", limit.cpu, "us/request")
    report("transport_cpu", cost.cpu, "us/request", ratio: cost.cpu / limit.cpu)
  }

  /// - Returns: how many were answered with 200.
  private func burst(_ client: HTTPClient) async -> Int {
    let url = sink.url
    return await withTaskGroup(of: Int.self) { group in
      for _ in 0..<Self.concurrency {
        group.addTask {
          var answered = 0
          for _ in 0..<(Self.requests / Self.concurrency) where await send(client, url) { answered += 1 }
          return answered
        }
      }
      return await group.reduce(0, +)
    }
  }

  private func comparePaced(_ client: HTTPClient) async {
    let loop = BareLoop(url: sink.url, body: Self.body, concurrency: 1)
    let url = sink.url
    var (bare, ours): ([Double], [Double]) = ([], [])
    for _ in 0..<500 {
      usleep(5_000)
      let start = Moment.now
      expect(loop.run(1), 1)
      bare.append(start.wallSeconds * 1e6)
      try? await Task.sleep(for: .milliseconds(5))
      let middle = Moment.now
      expect(await send(client, url) ? 1 : 0, 1)
      ours.append(middle.wallSeconds * 1e6)
    }
    for (name, place) in [("p50", 0.5), ("p99", 0.99)] {
      let (limit, value) = (quantile(place, bare), quantile(place, ours))
      report("transport_bare_paced_\(name)", limit, "us")
      report("transport_paced_\(name)", value, "us", ratio: value / limit)
    }
  }

  @concurrent private func send(_ client: HTTPClient, _ url: String) async -> Bool {
    let request = HTTPRequest("POST", url, headers: [("Content-Type", "application/json")], body: Self.body)
    return (try? await client.send(request))?.status == 200
  }

  private func quantile(_ place: Double, _ values: [Double]) -> Double {
    values.sorted()[Int(Double(values.count - 1) * place)]
  }

  /// A number of requests that failed is no number of requests.
  private func expect(_ answered: Int, _ wanted: Int) {
    guard answered != wanted else { return }
    print("{\"error\":\"\(answered) of \(wanted) requests were answered\"}")
    exit(70)
  }

  private func report(_ name: String, _ value: Double, _ unit: String, ratio: Double? = nil) {
    let rounded = { (value: Double) in (value * 100).rounded() / 100 }
    let rest = ratio.map { ",\"ratio\":\(rounded($0))" } ?? ""
    print("{\"name\":\"\(name)\",\"value\":\(rounded(value)),\"unit\":\"\(unit)\"\(rest)}")
  }
}

/// What a number of requests took.
private struct Cost {
  let perSecond: Double
  /// CPU time of this process, microseconds per request.
  let cpu: Double

  init(since start: Moment, requests: Int) {
    perSecond = Double(requests) / start.wallSeconds
    cpu = start.cpuSeconds * 1e6 / Double(requests)
  }

  /// The least CPU time: whatever else the machine does only adds to it.
  static func best(_ costs: [Cost]) -> Cost {
    costs.dropFirst().reduce(costs[0]) { $0.cpu < $1.cpu ? $0 : $1 }
  }
}

/// A point in time to measure from.
private struct Moment {
  private let wall = Self.seconds(CLOCK_MONOTONIC)
  private let cpu = Self.seconds(CLOCK_PROCESS_CPUTIME_ID)

  static var now: Moment { Moment() }

  var wallSeconds: Double { Self.seconds(CLOCK_MONOTONIC) - wall }
  var cpuSeconds: Double { Self.seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
