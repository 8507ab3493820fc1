internal import JSONSource
internal import Secrets

extension ActionReader {
  func options(_ reader: ObjectReader, _ verb: Action.Verb) -> ActionOptions {
    var options = ActionOptions()
    let longest: Duration = verb == .send ? .seconds(600) : .seconds(30 * 86_400)
    options.timeout = reader.duration("timeout", in: .milliseconds(100)...longest)
    options.retryFor = reader.duration("retryFor", in: .zero...(.seconds(30 * 86_400)))
    options.concurrency = reader.integer("concurrency", in: 1...64).map(Int.init)
    guard verb.isHook else { return options }
    options.workingDirectory = workingDirectory(reader)
    options.environment = environment(reader["env"])
    options.user = user(reader)
    options.umask = umask(reader)
    options.isOnce = reader.bool("once") ?? false
    if options.isOnce, options.retryFor != nil, let node = reader["retryFor"] {
      diagnostics.error(
        at: node.range, "\(path) has both \"once\" and \"retryFor\"",
        hint: "what must not run twice can't be repeated: keep one of the two")
    }
    return options
  }

  private func user(_ reader: ObjectReader) -> String? {
    guard let node = reader["user"], let text = reader.text(node, path: "\(path).user") else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let isName =
      parts.count <= 2
      && parts.allSatisfy { part in
        part.first.map { $0 != "-" } ?? false
          && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-$".contains($0)) }
      }
    if !isName {
      diagnostics.error(
        at: node.range, "\(text.prefix(60).debugDescription) is no user", hint: "write a user, or user:group")
    }
    return isName ? text : nil
  }

  private func umask(_ reader: ObjectReader) -> UInt16? {
    guard let node = reader["umask"], let text = reader.text(node, path: "\(path).umask") else { return nil }
    guard (3...4).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
      let mask = UInt16(text, radix: 8), mask <= 0o777
    else {
      diagnostics.error(
        at: node.range, "\(path).umask is no mask: \(text.prefix(20).debugDescription)",
        hint: "write three octal digits, such as \"027\"")
      return nil
    }
    return mask
  }

  private func environment(_ node: JSONNode?) -> [ActionOptions.EnvironmentEntry] {
    guard let node else { return [] }
    guard let members = node.members else {
      diagnostics.error(at: node.range, "\(path).env must be an object, and is \(node.kind)")
      return []
    }
    return members.compactMap { member in
      warnOfTemplate(member)
      let isName =
        !member.key.isEmpty && member.key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      guard isName, !member.key.hasPrefix("VI_") else {
        diagnostics.error(
          at: member.keyRange, "\(member.key.prefix(60).debugDescription) can't be set for a hook",
          hint: "names hold letters, digits and _; VI_… is set by vi-notify")
        return nil
      }
      return rule.file.reference(
        member.value, path: "\(path).env.\(member.key)", as: .variable(name: member.key)
      ).map {
        ActionOptions.EnvironmentEntry(name: member.key, value: $0)
      }
    }
  }
}
