import Dispatch
import Glibc
import TestSupport
import Testing

/// The proxy that cuts connections in other tests must not mix them up.
struct DroppingProxyTests {
  @Test func `what was held back for a session that is over goes into no other`() throws {
    let scratch = try ScratchDirectory()
    let listener = try Self.listen("\(scratch.path)/socket")
    defer { close(listener) }
    let proxy = try DroppingProxy("\(scratch.path)/socket")
    let (gate, isHeld) = (DispatchGroup(), DispatchSemaphore(value: 0))
    gate.enter()
    proxy.judge { _ in
      isHeld.signal()
      gate.wait()
      return .pass
    }
    let first = try #require(Sockets.connect(UInt16(proxy.port)))
    let session = accept(listener, nil, nil)
    #expect(send(first, "INSERT", 6, 0) == 6)
    isHeld.wait()
    // The server ends the session, and the client hears of it.
    close(session)
    var byte: UInt8 = 0
    #expect(recv(first, &byte, 1, 0) == 0)
    let second = try #require(Sockets.connect(UInt16(proxy.port)))
    let other = accept(listener, nil, nil)
    gate.leave()
    #expect(send(second, "SELECT", 6, 0) == 6)
    shutdown(second, Int32(SHUT_WR))
    var bytes: [UInt8] = []
    while recv(other, &byte, 1, 0) == 1 { bytes.append(byte) }
    #expect(String(decoding: bytes, as: UTF8.self) == "SELECT")
    for socket in [first, second, other] { close(socket) }
  }

  private static func listen(_ path: String) throws -> Int32 {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let isBound = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    guard listener >= 0, isBound, Glibc.listen(listener, 8) == 0 else { throw SystemFailure("listen") }
    return listener
  }
}
