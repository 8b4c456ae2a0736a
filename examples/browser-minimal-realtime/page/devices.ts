import { type Device, isOutputSelectable, listDevices, watchDevices } from 'realtime-primitives/browser'
import { find } from './dom.js'

export interface DeviceChoice {
  readonly microphoneId: string | undefined
  readonly speakerId: string | undefined
  /** Reads the list again: with the permission for the microphone come the names. */
  refresh(): Promise<void>
}

/** Two lists to choose from, kept up to date while devices come and go. */
export function chooseDevices(
  onChange: (kind: 'microphone' | 'speaker', id: string | undefined) => void,
): DeviceChoice {
  const microphones = find('microphone', HTMLSelectElement)
  const speakers = find('speaker', HTMLSelectElement)
  speakers.disabled = !isOutputSelectable()
  microphones.addEventListener('change', () => onChange('microphone', idOf(microphones)))
  speakers.addEventListener('change', () => onChange('speaker', idOf(speakers)))

  async function refresh(): Promise<void> {
    const devices = await listDevices()
    fill(microphones, devices.microphones)
    fill(speakers, devices.speakers)
  }
  watchDevices(() => void refresh())

  return {
    get microphoneId() {
      return idOf(microphones)
    },
    get speakerId() {
      return isOutputSelectable() ? idOf(speakers) : undefined
    },
    refresh,
  }
}

function idOf(select: HTMLSelectElement): string | undefined {
  return select.value === '' ? undefined : select.value
}

function fill(select: HTMLSelectElement, devices: readonly Device[]): void {
  const chosen = select.value
  const known = devices.filter(({ id, label }) => id !== '' && id !== 'default' && label !== '')
  const preferred = select.options[0] ?? new Option('Default', '')
  select.replaceChildren(preferred, ...known.map(({ id, label }) => new Option(label, id)))
  select.value = known.some(({ id }) => id === chosen) ? chosen : ''
}
