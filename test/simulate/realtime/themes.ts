import type { Random } from '../random.js'
import type { Setup } from './setup.js'

/** Steps of realtime sessions that show the faults of one part of the library together. */
export const realtimeThemes = {
  audio: [
    ...['say a word', 'be silent', 'commit', 'commit between two words', 'clear', 'clear between two words', 'drain'],
    ...['delete the last item', 'drop', 'drop while the user speaks', 'stalled connection', 'rotate', 'lost reply'],
  ],
  congestion: [
    ...['say a word', 'say many words', 'be silent', 'commit', 'drain', 'abort a wait', 'create an item'],
    ...['send a message', 'cancel a response'],
    ...['stalled connection', 'slow connection', 'half-open connection', 'drop'],
  ],
  turns: [
    ...[
      'say a word',
      'be silent',
      'respond',
      'let the model tell a story',
      'interrupt',
      'delete the last item',
      'rotate',
    ],
    ...['drop', 'slow model', 'unanswered response request', 'repeated transcript', 'missing positions'],
  ],
  'interruption guard': [
    ...['say a word', 'be silent', 'let the model talk for long', 'let a response wait', 'interrupt', 'stop a feature'],
    ...[
      'update the configuration',
      'rotate',
      'snapshot and resume',
      'drop',
      'unanswered response request',
      'late frame',
    ],
  ],
  'checked turns': [
    ...['say a word', 'be silent', 'respond', 'clear', 'update the configuration', 'rotate', 'snapshot and resume'],
    ...['stop a feature', 'drop', 'unanswered request', 'half-open connection', 'slow model', 'refused handshake'],
  ],
  tools: [
    ...['call a fast tool', 'call a slow tool', 'call several tools', 'talk and call a tool', 'approve', 'interrupt'],
    ...[
      'call a slow silent tool',
      'reject an approval',
      'call tools again and again',
      'send a message',
      'rotate',
      'drop',
      'stop a feature',
    ],
  ],
  'moved tools': [
    ...['call a background tool', 'call a tool when the session opens', 'call a fast tool', 'snapshot and resume'],
    ...[
      'rotate',
      'update the configuration',
      'drop',
      'half-open connection',
      'unanswered later update',
      'refused later update',
    ],
  ],
  agents: [
    ...['hand off', 'let the model hand off', 'veto a handoff', 'call a fast tool', 'say a forbidden word', 'approve'],
    ...['snapshot and resume', 'drop', 'half-open connection', 'refused later update', 'unanswered later update'],
  ],
  mcp: [
    ...['let the server call a tool', 'approve', 'reject an approval', 'cancel a response', 'interrupt', 'respond'],
    ...['stop a feature', 'drop', 'half-open connection', 'rotate'],
  ],
  responses: [
    ...['respond', 'cancel a response', 'abort a response', 'respond by interrupting', 'respond out of band'],
    ...['respond unless busy', 'let a response wait', 'send a message', 'read a response', 'skim a response'],
    ...['unanswered response request', 'conflicting response', 'slow connection', 'stalled connection', 'drop'],
    ...['lost creation', 'lost start'],
  ],
  playback: [
    ...[
      'respond',
      'let the model talk for long',
      'let a response wait',
      'interrupt',
      'cancel a response',
      'say many words',
    ],
    ...['truncate an item', 'delete an item', 'say a word', 'be silent', 'read a response', 'send a message', 'drop'],
    ...['skim a response', 'lost reply'],
  ],
  fallback: [
    ...['respond', 'send a message', 'let a response fail', 'let a response wait', 'let a response be empty'],
    ...['say a word', 'be silent', 'cancel a response', 'interrupt'],
    ...['slow model', 'unanswered response request', 'half-open connection', 'drop'],
  ],
  guardrails: [
    ...[
      'say a forbidden word',
      'let the model tell a story',
      'let the model talk for long',
      'respond',
      'interrupt',
      'let a response fail',
    ],
    ...['cancel a response', 'create an item', 'stop a feature', 'drop', 'rotate'],
  ],
  configuration: [
    ...['update the configuration', 'update without waiting', 'update a nested setting', 'abort the last wait'],
    ...['refused request', 'unanswered request', 'stalled connection', 'drop', 'rotate', 'snapshot and resume'],
  ],
  items: [
    ...['create an item', 'create an item at the front', 'create an item without waiting', 'delete an item'],
    ...['retrieve an item', 'abort the last wait', 'stalled connection', 'refused request', 'unanswered request'],
    ...['refused restore', 'temporarily refused restore', 'late restore', 'lost start', 'drop', 'rotate', 'lost reply'],
  ],
  connections: [
    ...['connect again', 'close', 'create an item', 'say a word', 'abort a wait', 'rotate', 'act in a listener'],
    ...['drop', 'refused handshake', 'silent handshake', 'silent server', 'half-open connection', 'offline', 'online'],
    ...['stalled connection', 'server close', 'interrupted path', 'denied microphone'],
  ],
  waits: [
    ...['wait for an event', 'read events', 'read a response', 'respond', 'abort a wait', 'drain', 'connect again'],
    ...['skim a response'],
    ...['close', 'act in a listener', 'throw in a listener', 'drop', 'server close'],
  ],
} as const

/** Options without features that keep a session from what the theme is about. */
const plain: Partial<Setup> = {
  translates: false,
  fallsBack: false,
  guardrails: 'none',
  stuckChecks: 'none',
  fallback: 'none',
  budget: 'none',
  stopsFeatures: false,
  isSlowToRead: false,
  guardsInterruptions: false,
  checksTurns: false,
  reconnects: true,
  usesMcp: false,
  features: 'none',
}

/** Options of a session that is focused on a theme. */
const focusedOptions: Readonly<
  Record<keyof typeof realtimeThemes, (random: Random, isMedia: boolean) => Partial<Setup>>
> = {
  audio: () => ({ detectsTurns: false }),
  congestion: (random) => ({ highWaterMark: 1_000, maxWaitingAudioMs: random.pick([700, 700, 30_000]) }),
  turns: () => ({ detectsTurns: true, transcribes: true }),
  'interruption guard': (random) => ({
    detectsTurns: true,
    guardsInterruptions: true,
    pace: random.pick([1, 4]),
    stopsFeatures: random.chance(0.2),
  }),
  'checked turns': (random) => ({
    detectsTurns: true,
    transcribes: true,
    checksTurns: true,
    stopsFeatures: random.chance(0.2),
    checksSlowly: random.fork('checks').chance(0.5),
  }),
  tools: (random) => ({
    features: 'tools',
    maxRounds: random.pick([16, 2]),
    pace: random.pick([1, 4, 20]),
    stopsFeatures: random.chance(0.2),
  }),
  'moved tools': (random) => ({ features: random.pick(['tools', 'agents']) }),
  agents: (random) => ({ features: 'agents', guardrails: random.pick(['none', 'check']), maxHandoffs: 4 }),
  mcp: (random, isMedia) => ({ usesMcp: !isMedia, stopsFeatures: random.chance(0.2) }),
  responses: (random) => ({ pace: random.pick([1, 4]) }),
  playback: (random, isMedia) => ({ speaks: true, plays: !isMedia, pace: random.pick([1, 4, 20]) }),
  fallback: (random) => ({ fallback: random.pick(['message', 'retry']), pace: random.pick([1, 4, 20]) }),
  guardrails: (random, isMedia) => ({
    guardrails: random.pick(['check', isMedia ? 'check' : 'hold back']),
    stuckChecks: random.pick(['none', 'none', 'open', 'closed']),
    holdsLittle: random.chance(0.5),
    pace: random.pick([1, 4]),
    stopsFeatures: random.chance(0.2),
  }),
  configuration: () => ({}),
  items: () => ({}),
  connections: () => ({}),
  waits: (random) => ({ isSlowToRead: random.chance(0.2) }),
}

/** Returns the options of a session that is focused on a theme, and none without a theme. */
export function optionsOf(theme: string | undefined, random: Random, isMedia: boolean): Partial<Setup> {
  if (theme === undefined || !Object.hasOwn(focusedOptions, theme)) return {}
  const own = focusedOptions[theme as keyof typeof focusedOptions](random, isMedia)
  return random.chance(0.8) ? { ...plain, ...own } : own
}
