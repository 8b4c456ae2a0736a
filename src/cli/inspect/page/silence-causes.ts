import type { SilenceCause } from '../../../features/latency/silence.js'

/** The causes of a silence, in the order in which they are shown. */
export const causes: readonly { readonly name: SilenceCause; readonly label: string }[] = [
  { name: 'turnDetection', label: 'Turn detection' },
  { name: 'queue', label: 'Queue' },
  { name: 'server', label: 'Model and network' },
  { name: 'tool', label: 'Tool' },
  { name: 'approval', label: 'Approval' },
  { name: 'reconnect', label: 'Reconnect' },
  { name: 'player', label: 'Player' },
]
