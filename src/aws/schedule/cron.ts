import { ScheduleError } from './schedule-error.ts'

/** A cron expression of six fields, read. */
export interface CronFields {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  /** 1 to 12. */
  readonly months: ReadonlySet<number>
  readonly years: ReadonlySet<number>
  /** Whether a day is one of those that are meant. Exactly one of the two fields for days says so. */
  readonly isDay: (day: Day) => boolean
}

export interface Day {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** 1 to 31. */
  readonly day: number
  /** 1, a Sunday, to 7. */
  readonly weekday: number
  readonly daysInMonth: number
}

interface Range {
  readonly field: string
  readonly first: number
  readonly last: number
  readonly names?: readonly string[]
}

const MINUTES: Range = { field: 'minutes', first: 0, last: 59 }
const HOURS: Range = { field: 'hours', first: 0, last: 23 }
const DAYS: Range = { field: 'day-of-month', first: 1, last: 31 }
const MONTHS: Range = {
  field: 'month',
  first: 1,
  last: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
}
const WEEKDAYS: Range = {
  field: 'day-of-week',
  first: 1,
  last: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
}
const YEARS: Range = { field: 'year', first: 1970, last: 2199 }

/**
 * Reads `0 10 ? * MON-FRI *`: minutes, hours, day of month, month, day of week, year; one of the two days is `?`
 * (Amazon EventBridge User Guide, "Cron expressions").
 *
 * @throws ScheduleError
 */
export function parseCron(text: string): CronFields {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== 6) throw new ScheduleError(`cron(${text}) has not six fields`)
  const [minutes = '', hours = '', days = '', months = '', weekdays = '', years = ''] = fields
  if ((days === '?') === (weekdays === '?')) {
    throw new ScheduleError(`cron(${text}) has not one ? in day-of-month or day-of-week`)
  }
  return {
    minutes: parseList(minutes, MINUTES),
    hours: parseList(hours, HOURS),
    months: new Set(parseList(months, MONTHS)),
    years: new Set(parseList(years, YEARS)),
    isDay: weekdays === '?' ? parseDays(days) : parseWeekdays(weekdays.toUpperCase()),
  }
}

/** The values of a field, in their order. */
function parseList(text: string, range: Range): number[] {
  const values = new Set(text.split(',').flatMap((part) => parsePart(part, range)))
  return [...values].sort((a, b) => a - b)
}

/** `*`, `5`, `1-5`, `0/15`, `10-30/5`, or a star with a step. */
function parsePart(part: string, range: Range): number[] {
  const [span = '', step, ...rest] = part.split('/')
  const every = step === undefined ? 1 : Number(/^\d+$/.test(step) ? step : Number.NaN)
  if (rest.length > 0 || !(every >= 1)) throw invalid(part, range)
  const [first, last] = parseSpan(span, range, step !== undefined)
  const values: number[] = []
  for (let value = first; value <= last; value += every) values.push(value)
  return values
}

function parseSpan(span: string, range: Range, hasStep: boolean): [number, number] {
  if (span === '*') return [range.first, range.last]
  const [from = '', to, ...rest] = span.split('-')
  if (rest.length > 0) throw invalid(span, range)
  const first = parseValue(from, range)
  if (to !== undefined) {
    const last = parseValue(to, range)
    if (last < first) throw invalid(span, range)
    return [first, last]
  }
  return [first, hasStep ? range.last : first]
}

function parseValue(text: string, range: Range): number {
  const named = range.names?.indexOf(text.toUpperCase()) ?? -1
  const value = named >= 0 ? named + range.first : Number(/^\d+$/.test(text) ? text : Number.NaN)
  if (!(value >= range.first && value <= range.last)) throw invalid(text, range)
  return value
}

/** Days of the month: also `L`, the last one, and `15W`, the weekday that is nearest to the 15th. */
function parseDays(text: string): CronFields['isDay'] {
  const tests = text.toUpperCase().split(',').map(parseDay)
  return (day) => tests.some((test) => test(day))
}

function parseDay(part: string): CronFields['isDay'] {
  if (part === 'L') return ({ day, daysInMonth }) => day === daysInMonth
  if (part === 'LW') return (day) => day.day === nearestWeekday(day, day.daysInMonth)
  if (part.endsWith('W')) {
    const wanted = parseValue(part.slice(0, -1), DAYS)
    return (day) => wanted <= day.daysInMonth && day.day === nearestWeekday(day, wanted)
  }
  const values = new Set(parsePart(part, DAYS))
  return ({ day }) => values.has(day)
}

/** Of a Saturday the Friday before, of a Sunday the Monday after, and never in another month. */
function nearestWeekday(today: Day, wanted: number): number {
  const weekday = (((today.weekday - 1 + wanted - today.day) % 7) + 7) % 7
  if (weekday === 6) return wanted === 1 ? 3 : wanted - 1
  if (weekday === 0) return wanted === today.daysInMonth ? wanted - 2 : wanted + 1
  return wanted
}

/** Days of the week: also `6L`, the last Friday of the month, and `3#2`, its second Tuesday. */
function parseWeekdays(text: string): CronFields['isDay'] {
  const tests = text.split(',').map(parseWeekday)
  return (day) => tests.some((test) => test(day))
}

function parseWeekday(part: string): CronFields['isDay'] {
  if (part === 'L') return ({ weekday }) => weekday === WEEKDAYS.last
  if (part.endsWith('L')) {
    const wanted = parseValue(part.slice(0, -1), WEEKDAYS)
    return ({ weekday, day, daysInMonth }) => weekday === wanted && day > daysInMonth - 7
  }
  const [name = '', nth, ...rest] = part.split('#')
  if (nth !== undefined) {
    if (rest.length > 0 || !/^[1-5]$/.test(nth)) throw invalid(part, WEEKDAYS)
    const wanted = parseValue(name, WEEKDAYS)
    return ({ weekday, day }) => weekday === wanted && Math.ceil(day / 7) === Number(nth)
  }
  const values = new Set(parsePart(part, WEEKDAYS))
  return ({ weekday }) => values.has(weekday)
}

function invalid(part: string, { field }: Range): ScheduleError {
  return new ScheduleError(`${part} is no value of the field ${field}`)
}
