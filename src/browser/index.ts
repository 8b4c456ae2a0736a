/**
 * Microphone and speaker for web pages, and functions that connect them to a session.
 *
 * @example
 * ```ts
 * const microphone = createMicrophone()
 * const speaker = createSpeaker()
 * captureInto(session, microphone)
 * playThrough(session, speaker)
 * button.onclick = () => Promise.all([speaker.start(), microphone.start(), session.connect()])
 * ```
 *
 * @module realtime-primitives/browser
 */

export { type AudioInputSession, type CaptureOptions, captureInto } from './capture-into.js'
export { type Device, type Devices, isOutputSelectable, listDevices, watchDevices } from './devices.js'
export { DeviceError, type DeviceErrorCode, type DeviceErrorData, isDeviceError } from './error.js'
export { createLevelMeter, type LevelMeter, type LevelMeterOptions } from './level-meter.js'
export { createMicrophone } from './microphone.js'
export type {
  Microphone,
  MicrophoneDevice,
  MicrophoneEvents,
  MicrophoneOptions,
  MicrophoneSnapshot,
  MicrophoneState,
} from './microphone-contract.js'
export type { MicrophoneFrame } from './microphone-frames.js'
export { playThrough } from './play-through.js'
export { createSpeaker } from './speaker.js'
export type {
  EnqueueOptions,
  PlayedAudio,
  Speaker,
  SpeakerDevice,
  SpeakerEvents,
  SpeakerOptions,
  SpeakerSnapshot,
  SpeakerStall,
  SpeakerState,
} from './speaker-contract.js'
export type { PlayableAudio } from './stream-codec.js'
