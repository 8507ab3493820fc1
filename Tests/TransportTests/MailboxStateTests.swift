import Testing

@testable import Transport

struct MailboxStateTests {
  private typealias State = MailboxState<String>

  @Test func `the first job starts the thread, and of later ones the first that finds it asleep rings`() {
    var state = State()
    #expect(state.enqueue("a") == .startThread)
    #expect(state.enqueue("b") == .isAwake)
    #expect(state.drain().jobs == ["a", "b"])
    #expect(state.enqueue("c") == .isAwake)
    #expect(state.mayRest() == false)
    #expect(state.drain().jobs == ["c"])
    #expect(state.mayRest() == true)
    #expect(state.enqueue("d") == .ring)
    #expect(state.cancel(1) == false)
    let batch = state.drain()
    #expect(batch.jobs == ["d"])
    #expect(batch.cancelled == [1])
    #expect(state.mayRest() == true)
    #expect(state.cancel(2) == true)
  }

  @Test func `who is to close doesn't rest`() {
    var state = State()
    _ = state.enqueue("a")
    _ = state.drain()
    _ = state.close()
    #expect(state.mayRest() == false)
  }

  @Test func `a job that found no thread leaves nothing behind`() {
    var state = State()
    #expect(state.enqueue("a") == .startThread)
    state.threadDidNotStart()
    #expect(state.enqueue("b") == .startThread)
    #expect(state.drain().jobs == ["b"])
  }

  @Test func `closing rings once and refuses from then on`() {
    var state = State()
    _ = state.enqueue("a")
    #expect(state.close() == .ring)
    #expect(state.close() == .wait)
    #expect(state.enqueue("b") == .refuse)
    #expect(state.cancel(1) == false)
    let batch = state.drain()
    #expect(batch.isClosing)
    #expect(batch.jobs == ["a"])
    #expect(state.threadDidEnd() == [])
    #expect(state.close() == .nothingToDo)
    #expect(state.enqueue("c") == .refuse)
  }

  @Test func `without a thread there is nothing to close`() {
    var state = State()
    #expect(state.close() == .nothingToDo)
    #expect(state.phase == .closed)
  }

  @Test func `a thread that ends at once gives back what it never took`() {
    var state = State()
    _ = state.enqueue("a")
    #expect(state.threadDidEnd() == ["a"])
    #expect(state.threadDidEnd() == [])
  }

  @Test func `every id is new`() {
    var state = State()
    let ids = (1...3).map { _ in state.issueID() }
    #expect(ids == [1, 2, 3])
  }
}
