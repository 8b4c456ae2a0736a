/** Codecs that every audio section of an SDP offer contains, out of those that the emulator supports. */
export interface OfferedAudio {
  readonly g711: boolean
  readonly opus: boolean
}

/** Returns which codecs the audio of an offer can use. An offer without audio can use all of them, because it needs none. */
export function offeredAudio(sdp: string): OfferedAudio {
  const sections = sdp.split(/^(?=m=)/m).filter((section) => section.startsWith('m=audio '))
  return {
    // 0 and 8 are the static payload types of PCMU and PCMA (RFC 3551).
    g711: sections.every((section) => payloadTypesOf(section).some((type) => type === '0' || type === '8')),
    opus: sections.every((section) => {
      const payloadTypes = payloadTypesOf(section)
      // Opus has a dynamic payload type, and always the clock rate 48,000 (RFC 7587).
      return [...section.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)].some(([, type]) =>
        payloadTypes.includes(type as string),
      )
    }),
  }
}

/** Returns the payload types in the `m=` line of a section. */
function payloadTypesOf(section: string): readonly string[] {
  const [, , , ...payloadTypes] = (section.split(/\r?\n/)[0] ?? '').split(' ')
  return payloadTypes
}
