/** The text is no schedule expression; each service says so in its own words. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError'
}
