import { contentRenames } from '../../../migrate/renames/event-types.js'
import {
  connectionRename,
  fieldsByPlace,
  findingOf,
  modelsByName,
  newName,
  type Place,
  requiredType,
  sharedModels,
  tellingFields,
} from '../catalog.js'
import type { Diagnosis, Finding } from '../finding.js'
import { sdkFinding } from '../javascript/sdk.js'
import { isBetaHeader, isRealtime, matchText } from '../text-rules.js'
import { type Frame, framesOf } from './frames.js'
import { type Token, tokenize } from './tokens.js'

const header = connectionRename('OpenAI-Beta: realtime=v1')
const secret = connectionRename('client_secret.value')

/** Finds uses of the beta in Python. Python is never changed. */
export function diagnosePython(source: string): Diagnosis {
  const tokens = tokenize(source)
  const frames = framesOf(tokens)
  const findings: Finding[] = []
  const report = (finding: Finding) => void findings.push(finding)
  const found = isRealtime(source)
  scanStrings(tokens, report)
  scanNames(tokens, found, report)
  if (found) scanClasses(source, tokens, report)
  scanFrames(frames, found, report)
  const seen = new Set<string>()
  return {
    findings: findings
      .sort((a, b) => a.start - b.start)
      .filter(({ rule, start, what }) => !seen.has(`${rule} ${start} ${what}`) && seen.add(`${rule} ${start} ${what}`)),
  }
}

type Report = (finding: Finding) => void

function scanStrings(tokens: readonly Token[], report: Report): void {
  const texts = new Set(tokens.filter(({ kind }) => kind === 'string').map(({ value }) => value))
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'string' || token.isAlone) continue
    const isContinued = tokens[at - 1]?.text === '+' || tokens[at - 1]?.kind === 'string'
    // `aiohttp` opens WebSockets at `https:` addresses.
    const isUpgraded = tokens[at - 1]?.text === '(' && /connect$/.test(tokens[at - 2]?.text ?? '')
    for (const { rename, index, text, fix } of matchText(token.value, { isContinued, isUpgraded })) {
      // A name next to its replacement supports both kinds of servers.
      if (rename.kind === 'event' && isBeside(tokens, at, newName(rename) ?? '', texts)) continue
      if (rename.from.startsWith('/openai') && ![...texts].some((each) => /api-version|azure/i.test(each))) continue
      report(findingOf(rename, { start: token.valueStart + index, what: text, ...(fix && { fix }) }))
    }
    const key = isBetaHeader(token.value)
    // "OpenAI-Beta": "realtime=v1", ("OpenAI-Beta", "realtime=v1"), headers["OpenAI-Beta"] = "realtime=v1"
    const value = tokens.slice(at + 1, at + 5).find(({ kind }) => kind === 'string')
    if (key && value?.value.includes('realtime=v1'))
      report(findingOf(header, { start: token.start, fix: 'Remove the header.' }))
    else if (key && value === undefined)
      report(findingOf(header, { start: token.start, fix: 'Remove the header if its value is `realtime=v1`.' }))
    const before = tokens[at - 1]?.text
    if (
      token.value === 'client_secret' &&
      before === '[' &&
      tokens[at + 2]?.text === '[' &&
      tokens[at + 3]?.value === 'value'
    )
      report(readsSecret(token.start))
  }
}

/** Returns whether a text is within a few lines of another one, in one condition, tuple, or match. */
function isBeside(tokens: readonly Token[], at: number, name: string, texts: ReadonlySet<string>): boolean {
  if (!texts.has(name)) return false
  const near = tokens.slice(Math.max(0, at - 12), at + 13)
  return near.some(({ kind, value }) => kind === 'string' && value === name)
}

function readsSecret(start: number): Finding {
  return findingOf(secret, {
    start,
    fix: 'The response of `POST /v1/realtime/client_secrets` contains `value` directly. Read it there.',
  })
}

function scanNames(tokens: readonly Token[], found: boolean, report: Report): void {
  for (const [at, token] of tokens.entries()) {
    const next = (offset: number) => tokens[at + offset]?.text
    if (token.kind === 'string' && found && tokens[at - 1]?.text === '[' && next(1) === ']')
      scanKey(token, tokens[at - 2], report)
    if (token.kind !== 'name') continue
    if (token.text === 'beta' && next(1) === '.' && next(2) === 'realtime') {
      const isImport = tokens.slice(Math.max(0, at - 8), at).some(({ text }) => text === 'import' || text === 'from')
      const path = isImport ? 'openai.types.realtime' : undefined
      const finding = sdkFinding(token.start, `beta.realtime${!isImport && next(3) === '.' ? `.${next(4)}` : ''}`)
      report(
        path
          ? {
              ...finding,
              fix: `Import from \`${path}\` of a current \`openai\`; the names of events and settings change with it.`,
            }
          : finding,
      )
    }
    if (token.text === 'client_secret' && next(1) === '.' && next(2) === 'value' && tokens[at - 1]?.text === '.')
      report(readsSecret(token.start))
    // Class fields, attributes, and parameters. Arguments of calls are checked with their frame.
    if (tellingFields.has(token.text) && found && (next(1) === ':' || tokens[at - 1]?.text === '.'))
      reportName(token.text, token.start, report)
  }
}

/** Finds the fields `modalities` and `turn_detection` of classes that describe settings: `class SessionConfig(BaseModel):`. */
function scanClasses(source: string, tokens: readonly Token[], report: Report): void {
  const columnOf = ({ start }: Token) => start - (source.lastIndexOf('\n', start - 1) + 1)
  for (const [at, { text }] of tokens.entries()) {
    const name = tokens[at + 1]
    if (text !== 'class' || name?.kind !== 'name') continue
    const outer = columnOf(tokens[at] as Token)
    const isFirst = (index: number) => tokens[index - 1]?.kind === 'line'
    let end = at + 2
    while (
      end < tokens.length &&
      !(isFirst(end) && tokens[end]?.kind !== 'line' && columnOf(tokens[end] as Token) <= outer)
    )
      end += 1
    const fields = tokens
      .slice(at, end)
      .filter(
        (token, index) =>
          token.kind === 'name' && isFirst(at + index) && /^[:=]$/.test(tokens[at + index + 1]?.text ?? ''),
      )
    const names = fields.map((field) => field.text)
    const isSettings =
      /session|realtime/i.test(name.text) ||
      names.some((each) => tellingFields.has(each)) ||
      names.filter((each) => /^(voice|instructions|tools|temperature|modalities|turn_detection)$/.test(each)).length > 2
    for (const field of isSettings ? fields : [])
      if (/^(modalities|turn_detection)$/.test(field.text)) reportName(field.text, field.start, report)
  }
}

/** `config["input_audio_format"]`, and names that other APIs share if the owner identifies the API. */
function scanKey({ value, start }: Token, owner: Token | undefined, report: Report): void {
  const isSession = owner?.kind === 'name' && /session(_?(config|settings|options|params|data))?$/i.test(owner.text)
  if (tellingFields.has(value) || (isSession && /^(modalities|turn_detection)$/.test(value)))
    reportName(value, start, report)
}

function reportName(name: string, start: number, report: Report): void {
  const rename = fieldsByPlace.session.get(name)
  if (rename)
    report(findingOf(rename, { start, fix: `Use \`${newName(rename)}\` here, as in the settings that are sent.` }))
}

function scanFrames(frames: readonly Frame[], found: boolean, report: Report): void {
  const textOf = (frame: Frame | undefined, name: string) =>
    frame?.fields.find((field) => field.name === name && field.isText)?.value
  // Names of variables that are sent as the settings of an event: `"session": config`.
  const sent = new Map<string, Place>()
  for (const frame of frames)
    for (const { name, value, isText } of frame.fields) {
      const place = isText ? undefined : placeOf(name, frame, textOf(frame, 'type'))
      if (place) sent.set(value, place)
    }

  for (const frame of frames) {
    const names = new Set(frame.fields.map(({ name }) => name))
    const type = textOf(frame.parent, 'type')
    const place =
      placeOf(frame.owner, frame.parent, type) ?? (frame.owner === undefined ? undefined : sent.get(frame.owner))
    const isSent = place !== undefined && (place !== 'response' || frame.kind === 'dict')
    const isTelling =
      [...names].some((name) => tellingFields.has(name)) ||
      (found && names.has('modalities') && /instructions|voice|turn_detection/.test([...names].join(' ')))
    if (isSent || isTelling) scanSettings(frame, place ?? 'session', isSent, report)
    if (found) scanContent(frame, textOf, report)
    scanTranscriber(frame, textOf, found, report)
  }
}

/** Returns the kind of a settings value, by its name in an event or call. */
function placeOf(name: string | undefined, frame: Frame | undefined, type: string | undefined): Place | undefined {
  const callee = frame?.kind === 'call' ? frame.callee : ''
  if (name === 'session') {
    if (type === 'transcription_session.update' || /\btranscription_session\.update$/.test(callee))
      return 'transcription_session'
    if (type === 'session.update' || /\bsession\.update$/.test(callee)) return 'session'
  }
  const asked = name === 'json' ? /realtime\/(transcription_)?sessions/.exec(frame?.texts.join(' ') ?? '') : null
  if (asked) return asked[1] ? 'transcription_session' : 'session'
  if (name === 'response' && (type === 'response.create' || /\bresponse\.create$/.test(callee))) return 'response'
  return undefined
}

function scanSettings(frame: Frame, place: Place, isSent: boolean, report: Report): void {
  const isTyped = frame.fields.some(({ name }) => name === 'type')
  const isTranscription = frame.fields.some(({ name, value }) => name === 'type' && value === 'transcription')
  const actual = isTranscription ? 'transcription_session' : place
  if (
    isSent &&
    frame.owner !== 'json' &&
    !isTyped &&
    place !== 'response' &&
    frame.kind === 'dict' &&
    frame.fields.length > 0
  )
    report(
      findingOf(requiredType, {
        start: frame.start,
        what: 'settings without a type',
        fix: `Add \`"type": "${place === 'session' ? 'realtime' : 'transcription'}"\`.`,
      }),
    )
  for (const { name, start } of frame.fields) {
    const rename = fieldsByPlace[actual].get(name)
    if (rename && name !== 'client_secret') report(findingOf(rename, { start }))
  }
}

type TextOf = (frame: Frame | undefined, name: string) => string | undefined

/** Checks a part in the `content` list of an item. */
function scanContent(frame: Frame, textOf: TextOf, report: Report): void {
  const list = frame.parent
  const item = list?.owner === 'content' ? list.parent : undefined
  const role = textOf(item, 'role')
  const type = frame.fields.find(({ name }) => name === 'type')
  const isItem = textOf(item, 'type') === 'message'
  const rename = isItem && contentRenames.find(({ place, from }) => place === role && from === type?.value)
  if (rename && type)
    report(
      findingOf(rename, {
        start: type.valueStart,
        what: `${rename.from} (content of role ${rename.place})`,
        fix: `Use \`${rename.to}\`.`,
      }),
    )
}

function scanTranscriber(frame: Frame, textOf: TextOf, found: boolean, report: Report): void {
  if (!found || !/^(input_audio_)?transcription$/.test(frame.owner ?? '')) return
  const model = textOf(frame, 'model') ?? ''
  const field = frame.fields.find(({ name }) => name === 'model')
  const rename = sharedModels.has(model) ? modelsByName.get(model) : undefined
  if (rename && field) report(findingOf(rename, { start: field.valueStart }))
}
