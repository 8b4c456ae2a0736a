import type { Guardrail, GuardrailFailed } from '../../../src/features/guardrails/guardrail.js'
import type { OutputTripped } from '../../../src/features/guardrails/run-guardrails.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Environment } from '../world.js'
import type { Setup } from './setup.js'

/** Text that trips the guardrail of the simulation. */
export const forbiddenWord = 'forbidden'
/** Text of which one guardrail never decides. */
export const doubtfulWord = 'pears'

/** How long a slow check of a guardrail takes, in milliseconds. */
const checkMs = 300
/** `deadlineMs` of the guardrail that never decides. */
const deadlineMs = 800
/** `maxHeldBytes` of `holdBack` where little may be held. Responses of the simulation take a tenth of it. */
export const fewHeldBytes = 400_000
/** Time in which held audio is checked and released, in milliseconds. */
const holdMs = 5_000

/** Guardrails of the simulation, and checks of how they are called and what becomes of held audio. */
export interface GuardLaws {
  readonly guardrails: readonly Guardrail[]
  onTripped(event: OutputTripped): void
  onFailed(event: GuardrailFailed): void
  /** Guardrails run from now on, or no longer. */
  setRunning(isRunning: boolean): void
}

interface PartChecks {
  longestEarly: number
  finals: number
}

interface Heard {
  deliveredBytes: number
  heardBytes: number
  isDisturbed: boolean
}

export function createGuardLaws(
  { clock, network, report, isFaultless }: Pick<Environment, 'clock' | 'network' | 'report' | 'isFaultless'>,
  setup: Setup,
  isLawless: () => boolean,
): GuardLaws & { follow(session: RealtimeSession): void } {
  /** What the server has sent of each content part, and how it was checked. */
  const texts = new Map<string, string>()
  const complete = new Set<string>()
  const checks = new Map<string, PartChecks>()
  const tripped = new Set<string>()
  const heard = new Map<string, Heard>()
  const recent: { readonly at: number; readonly bytes: number }[] = []
  let isRunning = false
  const skips = () => isLawless() || setup.translates

  const keyOf = (part: { responseId?: unknown; itemId: unknown; contentIndex: unknown }) =>
    [part.responseId, part.itemId, part.contentIndex].join(' ')

  network.onDelivery((event) => {
    const { type, response_id: responseId, item_id: itemId, content_index: contentIndex } = event
    const key = keyOf({ responseId, itemId, contentIndex })
    if (type === 'response.output_text.delta' || type === 'response.output_audio_transcript.delta')
      texts.set(key, `${texts.get(key) ?? ''}${event.delta}`)
    if (type === 'response.output_text.done' || type === 'response.output_audio_transcript.done') {
      texts.set(key, String(event.text ?? event.transcript))
      complete.add(key)
    }
    if (type === 'response.created')
      heard.set((event.response as { id: string }).id, { deliveredBytes: 0, heardBytes: 0, isDisturbed: !isRunning })
    if (type === 'response.output_audio.delta') {
      const bytes = String(event.delta).length
      const known = heard.get(String(responseId))
      if (known) known.deliveredBytes += bytes
      recent.push({ at: clock.now(), bytes })
      while ((recent[0]?.at ?? 0) < clock.now() - holdMs && recent.length > 0) recent.shift()
      if (recent.reduce((sum, each) => sum + each.bytes, 0) > fewHeldBytes / 2) disturb()
    }
    if (type === 'input_audio_buffer.speech_started') disturb()
    return undefined
  })
  network.onSend(({ type }) => {
    if (type === 'response.cancel') disturb()
  })
  network.onClosed((_, line) => {
    disturb()
    // The connection of a former session may end later.
    if (line !== network.line) return
    // A joined session may receive the rest of a text on its next connection.
    texts.clear()
    complete.clear()
  })

  function disturb(): void {
    for (const each of heard.values()) each.isDisturbed = true
  }

  function checked(input: Parameters<Guardrail['check']>[0]): void {
    const { text, isFinal, signal } = input
    const key = keyOf(input)
    if (signal.aborted) report('no check starts with an aborted signal', key)
    const known = checks.get(key) ?? { longestEarly: 0, finals: 0 }
    checks.set(key, known)
    if (!isFinal && text.length <= known.longestEarly)
      report(
        'incomplete text is checked again when it has grown',
        `${text.length} characters after ${known.longestEarly}`,
      )
    if (isFinal) known.finals += 1
    else known.longestEarly = Math.max(known.longestEarly, text.length)
    if (skips()) return
    const sent = texts.get(key)
    // A prepared message of `runFallback` does not come from the server.
    if (sent === undefined) return
    if (!sent.startsWith(text)) report('a guardrail checks the text of its part', `${text} of ${sent}`)
    // A response that ends early is checked as it is.
    if (isFinal && complete.has(key) && text !== sent && heard.get(String(input.responseId))?.isDisturbed === false)
      report('a guardrail checks the whole text at the end', `${text} of ${sent}`)
    if (!isFinal && setup.guardrails !== 'none' && text !== '' && !/[.!?]\s*$/.test(text))
      report('incomplete text is checked after whole sentences', text)
    if (tripped.has(String(input.responseId))) report('a response that has tripped is not checked', key)
  }

  const forbidden: Guardrail = {
    name: 'forbidden',
    async check(input) {
      checked(input)
      if (setup.checksSlowly) await new Promise<void>((resolve) => clock.after(checkMs, resolve))
      return { tripped: input.text.includes(forbiddenWord) }
    },
  }
  const stuck: Guardrail = {
    name: 'stuck',
    deadlineMs,
    onFailure: setup.stuckChecks === 'open' ? 'open' : 'closed',
    check({ text, signal }) {
      if (!text.includes(doubtfulWord)) return { tripped: false }
      const { frozenMs } = clock
      clock.after(deadlineMs + 5, () => {
        if (!signal.aborted && clock.frozenMs === frozenMs)
          report('a check ends at its deadline', `its signal has not aborted after ${deadlineMs} ms`)
      })
      return new Promise(() => {})
    },
  }

  /** Checks a response that listeners have received whole. */
  function checkWhole(id: string): void {
    const known = heard.get(id)
    if (!known || known.isDisturbed || tripped.has(id) || skips()) return
    if (setup.guardrails === 'hold back' && known.heardBytes !== known.deliveredBytes)
      report('held audio that passes is released', `${known.heardBytes} of ${known.deliveredBytes} bytes`)
    for (const key of complete) {
      if (!key.startsWith(`${id} `)) continue
      const { finals = 0, longestEarly = 0 } = checks.get(key) ?? {}
      const text = texts.get(key) ?? ''
      if (finals === 0 && text.trim() !== '') report('a guardrail checks the whole text at the end', `${text} was not`)
      const second = text
        .split(/(?<=\. )/)
        .slice(0, 2)
        .join('').length
      const isSlow = setup.pace <= 4 && !setup.checksSlowly && setup.stuckChecks === 'none'
      if (isSlow && isFaultless && text.split('. ').length > 3 && longestEarly < second)
        report('each sentence is checked when it is complete', `${longestEarly} characters of ${text}`)
    }
  }

  return {
    guardrails: setup.stuckChecks === 'none' ? [forbidden] : [forbidden, stuck],
    follow(session) {
      session.on('response.output_audio.delta', ({ response_id: id, delta }) => {
        const known = heard.get(id)
        if (known) known.heardBytes += String(delta).length
      })
      session.on('interrupted', () => disturb())
      session.on('response.done', ({ response: { id, status } }) => {
        // After the checks, which may take some time.
        if (status === 'completed' && isRunning)
          clock.after(holdMs, () => {
            if (isRunning && session.getState().status === 'open') checkWhole(id)
          })
      })
    },
    onTripped({ responseId, guardrail, reason, text }) {
      tripped.add(String(responseId))
      if (!isRunning) report('guardrails that were stopped do nothing', guardrail)
      const isRight = guardrail === 'forbidden' ? reason === 'verdict' : reason === 'deadline'
      const isAboutText = text.includes(guardrail === 'forbidden' ? forbiddenWord : doubtfulWord)
      if (!isRight || (!isAboutText && text.trim() !== ''))
        report('a guardrail trips for a reason', `${guardrail}: ${reason} of ${text}`)
      if (guardrail === 'stuck' && setup.stuckChecks !== 'closed')
        report('a guardrail trips for a reason', `${guardrail}: ${reason}`)
    },
    onFailed({ guardrail, reason }) {
      if (guardrail !== 'stuck' || setup.stuckChecks !== 'open')
        report('a guardrail fails for a reason', `${guardrail}: ${reason}`)
    },
    setRunning(next) {
      isRunning = next
      if (!next) disturb()
    },
  }
}
