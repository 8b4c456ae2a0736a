import { EmulatorError } from './error.js'
import {
  amount,
  anyText,
  choose,
  integer,
  isPlainObject,
  namedValues,
  type OptionSchema,
  object,
  oneOf,
  optional,
  text,
  unbounded,
  validate,
  value,
  withKeys,
} from './validation/schema.js'

/** When a fault strikes a session, and how many it strikes. */
export interface FaultTrigger {
  /** Only sessions or handshakes of this test. By default, all. */
  readonly testId?: string
  /** The fault waits for an event of this type, received or sent. By default, it does not wait. */
  readonly afterEvent?: string
  /**
   * Delay from the start of the session, from `afterEvent`, or from the injection, in milliseconds.
   * @defaultValue 0
   */
  readonly afterMs?: number
  /**
   * Number of handshakes that `refuse` rejects, or of sessions that start later and get the fault.
   * @defaultValue 1
   */
  readonly times?: number
}

/** Ends the connection without a close frame, or with a close code. */
export interface DropFault extends FaultTrigger {
  readonly fault: 'drop'
  /** Close code, 1000 to 4999. By default, the connection ends as if the network failed, and clients report 1006. */
  readonly code?: number
  readonly reason?: string
}

/** Delivers nothing in either direction, and then all that was sent meanwhile. */
export interface StallFault extends FaultTrigger {
  readonly fault: 'stall'
  /**
   * Duration in milliseconds.
   * @defaultValue Infinity
   */
  readonly ms?: number
}

/** Ends a stall. */
export interface ResumeFault extends FaultTrigger {
  readonly fault: 'resume'
}

/** Sends an `error` event. */
export interface ErrorFault extends FaultTrigger {
  readonly fault: 'error'
  /** @defaultValue 'server_error' */
  readonly type?: string
  readonly code?: string | null
  readonly message?: string
  readonly param?: string | null
  /** The `event_id` of the client event that the error names. */
  readonly eventId?: string | null
}

/** Expires the session, as after its maximum duration. */
export interface ExpireFault extends FaultTrigger {
  readonly fault: 'expire'
}

/** Sends an event of a type that does not exist. */
export interface UnknownEventFault extends FaultTrigger {
  readonly fault: 'unknown_event'
  /** @defaultValue 'emulator.unknown_event' */
  readonly type?: string
}

/** Rejects the next handshakes with an HTTP response. */
export interface RefuseFault extends Pick<FaultTrigger, 'testId' | 'times'> {
  readonly fault: 'refuse'
  /**
   * HTTP status, 400 to 599.
   * @defaultValue 429
   */
  readonly status?: number
  /** Headers, for example `{ 'retry-after': '1' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** @defaultValue a JSON error */
  readonly body?: string
}

/** A fault of a session. */
export type SessionFault = DropFault | StallFault | ResumeFault | ErrorFault | ExpireFault | UnknownEventFault

/** A fault that the emulator causes. */
export type Fault = SessionFault | RefuseFault

const textOrNull = value<string | null>('text, or null', (input) => typeof input === 'string' || input === null)

const trigger = {
  fault: text,
  testId: optional(text),
  afterEvent: optional(text),
  afterMs: optional(amount('milliseconds')),
  times: optional(unbounded(1)),
}

const headerName = /^[\w!#$%&'*+.^`|~-]+$/
const headerValue = value<string>(
  'text without line breaks',
  (input) => typeof input === 'string' && /^[\t\x20-\x7e]*$/.test(input),
)
const headers = choose<Readonly<Record<string, string>>>('an object with names and values of headers', (input) =>
  isPlainObject(input) && Object.keys(input).every((name) => headerName.test(name))
    ? namedValues(headerValue)
    : undefined,
)

const closeCode = value<number>(
  'a close code from 1000 to 4999, except 1004, 1005, 1006, and 1015',
  (input) =>
    Number.isInteger(input) &&
    Number(input) >= 1000 &&
    Number(input) <= 4999 &&
    ![1004, 1005, 1006, 1015].includes(Number(input)),
)

/** The schemas of all faults, by name. */
const faultSchemas: { readonly [Name in Fault['fault']]: OptionSchema<Fault> } = {
  drop: object({ ...trigger, code: optional(closeCode), reason: optional(anyText) }),
  stall: object({ ...trigger, ms: optional(unbounded(0, 'allowed', 'milliseconds')) }),
  resume: object(trigger),
  error: object({
    ...trigger,
    type: optional(text),
    code: optional(textOrNull),
    message: optional(anyText),
    param: optional(textOrNull),
    eventId: optional(textOrNull),
  }),
  expire: object(trigger),
  unknown_event: object({ ...trigger, type: optional(text) }),
  refuse: object({
    fault: text,
    testId: optional(text),
    times: optional(unbounded(1)),
    status: optional(integer(400, 599)),
    headers: optional(headers),
    body: optional(anyText),
  }),
}

const faultNames = Object.keys(faultSchemas) as Fault['fault'][]
const namedFault = withKeys<Fault>({ fault: oneOf(faultNames) })

/** The schema of a fault. */
export const faultSchema = choose<Fault>(`an object with the fault ${faultNames.join(', ')}`, (input) => {
  if (!isPlainObject(input)) return undefined
  const name = input.fault
  return typeof name === 'string' && Object.hasOwn(faultSchemas, name)
    ? faultSchemas[name as Fault['fault']]
    : namedFault
})

/**
 * Validates a fault.
 * @throws {EmulatorError} `INVALID_OPTION`.
 */
export function parseFault(fault: unknown): Fault {
  const parsed = validate(faultSchema, fault, '')
  if ('problem' in parsed) throw new EmulatorError('INVALID_OPTION', parsed.problem)
  return parsed.value
}

/** Faults that wait for handshakes and sessions that start later. */
export interface ArmedFaults {
  add(fault: Fault): void
  /** Returns the refusal of the next handshake, and counts it. */
  takeRefusal(testId: string | undefined): RefuseFault | undefined
  /** Returns the faults of a session that starts now, and counts them. */
  takeForSession(testId: string | undefined): readonly SessionFault[]
  /** Replaces all faults by the configured ones, or removes those of a test. */
  reset(configured: readonly Fault[], testId?: string): void
}

interface ArmedFault {
  readonly fault: Fault
  left: number
}

export function createArmedFaults(): ArmedFaults {
  let armed: ArmedFault[] = []

  const add = (fault: Fault) => void armed.push({ fault, left: fault.times ?? 1 })

  /** Counts a use of a fault if it applies to a test. */
  function use(entry: ArmedFault, testId: string | undefined): boolean {
    const { testId: wanted } = entry.fault
    if (entry.left <= 0 || (wanted !== undefined && wanted !== testId)) return false
    entry.left -= 1
    return true
  }

  return {
    add,
    takeRefusal(testId) {
      const found = armed.find((entry) => entry.fault.fault === 'refuse' && use(entry, testId))
      armed = armed.filter(({ left }) => left > 0)
      return found?.fault as RefuseFault | undefined
    },
    takeForSession(testId) {
      const taken = armed.filter((entry) => entry.fault.fault !== 'refuse' && use(entry, testId))
      armed = armed.filter(({ left }) => left > 0)
      return taken.map(({ fault }) => fault as SessionFault)
    },
    reset(configured, testId) {
      armed = testId === undefined ? [] : armed.filter(({ fault }) => fault.testId !== testId)
      for (const fault of configured) if (testId === undefined || fault.testId === testId) add(fault)
    },
  }
}
