package import Runs
package import TimeZones

/// The hours of every day in which a destination isn't to be disturbed. What would be sent to it waits for their end.
package struct QuietHours: Sendable {
  package let from: TimeOfDay
  /// Not the same as `from`; earlier than it: on the next day.
  package let to: TimeOfDay
  /// By whose clocks.
  package let zone: ZoneRules
  /// What is told all the same.
  package let except: Set<Trigger>

  package init(from: TimeOfDay, to: TimeOfDay, zone: ZoneRules, except: Set<Trigger> = []) {
    self.from = from
    self.to = to
    self.zone = zone
    self.except = except
  }

  /// When the quiet time that holds at this moment ends: what is triggered may be told from then on. Nil when it may be told
  /// at once.
  ///
  /// - Parameter trigger: nil for what is known not to be excepted.
  ///
  /// A night ends once: clocks that are put back into it don't begin it anew. One whose ends clocks are put forward over
  /// has no length.
  package func end(at time: Timestamp, for trigger: Trigger? = nil) -> Timestamp? {
    if let trigger, except.contains(trigger) { return nil }
    var end: Timestamp?
    let today = zone.day(at: time).number
    // Tomorrow's may have begun where clocks were put back over midnight, or begin at the very moment at which this one ends.
    for day in today - 1...today + 1 {
      let night = self.night(of: CalendarDay(number: day))
      let moment = end ?? time
      if night.start <= moment, moment < night.end { end = night.end }
    }
    return end
  }

  private func night(of day: CalendarDay) -> (start: Timestamp, end: Timestamp) {
    let lastDay = from < to ? day : CalendarDay(number: day.number + 1)
    return (
      zone.utc(day, hour: from.hour, minute: from.minute), zone.utc(lastDay, hour: to.hour, minute: to.minute)
    )
  }
}
