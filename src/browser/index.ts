/**
 * Sound in a page: a microphone and a speaker, and how they meet a session.
 *
 * @packageDocumentation
 */
export { type CaptureOptions, captureInto, type AudioInputSession as AudioInputSession } from './capture-into.js'
export { type Device, type Devices, isOutputSelectable, listDevices, watchDevices } from './devices.js'
export { DeviceError, type DeviceErrorCode, type DeviceErrorData, isDeviceError } from './error.js'
export type { MicrophoneFrame } from './framer.js'
export { createMicrophone } from './microphone.js'
export type {
  Microphone,
  MicrophoneDevice,
  MicrophoneEvents,
  MicrophoneOptions,
  MicrophoneState,
} from './microphone-contract.js'
export { playThrough } from './play-through.js'
export type { PlayableAudio as PlayableAudio } from './audio-codec.js'
export { createSpeaker } from './speaker.js'
export type {
  EnqueueOptions,
  PlayedAudio as PlayedAudio,
  Speaker,
  SpeakerEvents,
  SpeakerOptions,
  SpeakerStall,
  SpeakerState,
} from './speaker-contract.js'
