import Testing

@testable import Rules

struct ChainDiagnosticTests {
  @Test func `a step sees the steps before it, and nothing else`() {
    expectActionErrors(
      #"{"download": {}, "id": "model", "then": [{"run": ["x", 1️⃣"{{steps.modell.path}}"]}]}"#,
      "{{steps.modell.path}} can't exist: no step before this one has the id \"modell\" (did you mean \"model\"?)")
    expectActionErrors(
      #"{"download": {}, "id": "model", "then": [{"run": ["x", 1️⃣"{{steps.model.stdout}}"]}]}"#,
      "{{steps.model.stdout}} can't exist: model is a download (of a download there is status, path)")
    expectActionErrors(
      #"{"run": ["x"], "id": "a", "then": [{"run": ["y", 1️⃣"{{steps.a.path}}"]}]}"#,
      "{{steps.a.path}} can't exist: a is a run (of a run there is status, exitCode, stdout)")
    expectActionErrors(
      #"{"run": ["x"], "id": "a", "then": [{"run": ["y", 1️⃣"{{steps.a}}"]}]}"#,
      "{{steps.a}} names nothing (write {{steps.ID.path}}, with the id of an earlier step)")
    // A brother is not before it, and neither is the step itself.
    expectRuleErrors(
      #"""
      {"name": "r", "actions": [{"run": ["x"], "id": "a"}, {"run": ["y", 1️⃣"{{steps.a.stdout}}"]},
        {"run": ["z", 2️⃣"{{steps.b.stdout}}"], "id": "b"}]}
      """#,
      "{{steps.a.stdout}} can't exist: no step before this one has the id \"a\" "
        + "(steps are what \"then\" and \"onFailure\" come after; give that action an \"id\")",
      "{{steps.b.stdout}} can't exist: no step before this one has the id \"b\" "
        + "(steps are what \"then\" and \"onFailure\" come after; give that action an \"id\")")
  }

  @Test func `an error is known after a failure only`() {
    let message = "{{error}} is known after a failure only (write it in an action of \"onFailure\")"
    expectActionErrors(#"{"send": "chat", "text": 1️⃣"{{error}}"}"#, message)
    expectActionErrors(#"{"shell": "x", "then": [{"send": "chat", "text": 1️⃣"{{error}}"}]}"#, message)
    expectRuleErrors(
      #"{"name": "r", "actions": [{"shell": "x", "onFailure": [{"shell": "y", "then": [{"send": "chat", "text": "{{error}}"}]}]}]}"#
    )
  }

  @Test func `an id is one action of the rule, also as the name of a variable`() {
    expectActionErrors(
      #"{"shell": "x", "id": "a", "then": [{"shell": "y", "onFailure": [{"shell": "z", "id": 1️⃣"a"}]}]}"#,
      "two actions of rules[0] have the id \"a\" (an id names one action)")
    expectActionErrors(
      #"{"shell": "x", "id": "my-model", "then": [{"shell": "y", "id": 1️⃣"MY_MODEL"}]}"#,
      "the ids \"my-model\" and \"MY_MODEL\" would share variables (an id names one action)")
  }

  @Test func `mistakes in later steps are told at their place`() {
    expectActionErrors(
      #"{"shell": "x", "then": 1️⃣[]}"#, "rules[0].actions[0].then is an empty list")
    expectActionErrors(
      #"{"shell": "x", "onFailure": 1️⃣{}}"#, "rules[0].actions[0].onFailure must be a list, and is an object")
    expectActionErrors(
      #"{"shell": "x", "then": [{"send": "chat"}, {"send": 1️⃣"cat"}]}"#,
      #"unknown destination "cat" (did you mean "chat"?)"#)
    expectActionErrors(
      #"{"shell": "x", "then": [{"shell": 1️⃣"{{steps.x.path}}"}]}"#,
      "templates in \"shell\" are refused: what a run says would be run by the shell "
        + "(use \"$VI_FLOW\" and its like, or \"run\" with a list of arguments)")
    expectActionErrors(
      #"{"send": "hook-in", "digest": {"window": "1m"}, "then": 1️⃣[{"shell": "x"}]}"#,
      "rules[0].actions[0] is a digest, and nothing can come after it "
        + "(a digest tells of many runs; what follows would be of none)")
  }

  @Test func `a download says where to, and is of a run`() {
    expectActionErrors(
      #"{"download": {"to": 1️⃣"models"}}"#,
      "rules[0].actions[0].download.to must not depend on where vi-notify was started "
        + "(write a path that begins with / or ~/)")
    expectActionErrors(
      #"{"download": {"checkpoint": 1️⃣"../x"}}"#,
      #""../x" is no checkpoint (ids hold letters, digits, _ and -; vi-notify models list RUN shows them)"#)
    expectActionErrors(
      #"{"download": 1️⃣"~/models"}"#, "rules[0].actions[0].download must be an object, and is a string")
    expectActionErrors(
      #"{"download": {}, 1️⃣"env": {}}"#,
      "unknown field \"env\" in rules[0].actions[0] "
        + "(known here: download, concurrency, id, timeout, retryFor, include, when, then, onFailure)")
    expectRuleErrors(
      #"{"name": "r", "on": ["failed", "sourceRecovered"], "actions": [{"shell": "x", "then": [{"download": 1️⃣{}}]}]}"#,
      "there is no model to download on sourceRecovered, which is about no run "
        + "(write a rule of its own for sourceRecovered)")
  }

  @Test func `what a hook runs as is said in the system's words`() {
    expectActionErrors(#"{"shell": "x", "user": 1️⃣"a b"}"#, #""a b" is no user (write a user, or user:group)"#)
    expectActionErrors(#"{"shell": "x", "user": 1️⃣"-u:root"}"#, #""-u:root" is no user (write a user, or user:group)"#)
    expectActionErrors(#"{"shell": "x", "user": 1️⃣"a:b:c"}"#, #""a:b:c" is no user (write a user, or user:group)"#)
    for mask in ["27", "0888", "1777", "-22", "0o27"] {
      expectActionErrors(
        #"{"shell": "x", "umask": 1️⃣"\#(mask)"}"#,
        "rules[0].actions[0].umask is no mask: \"\(mask)\" (write three octal digits, such as \"027\")")
    }
    expectActionErrors(
      #"{"shell": "x", "once": true, "retryFor": 1️⃣"1h"}"#,
      "rules[0].actions[0] has both \"once\" and \"retryFor\" (what must not run twice can't be repeated: keep one of the two)"
    )
    expectActionErrors(
      #"{"shell": "x", "concurrency": 1️⃣0}"#,
      "rules[0].actions[0].concurrency must be a whole number from 1 to 64")
  }
}
