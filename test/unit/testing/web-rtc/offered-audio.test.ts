import { describe, expect, it } from 'vitest'
import { offeredAudio } from '../../../../src/testing/node/web-rtc/offered-audio.js'

const session = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1']
const channel = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=sctp-port:5000']
const sdpOf = (...sections: string[][]) => [...session, ...sections.flat(), ''].join('\r\n')
const audio = (payloadTypes: string, ...maps: string[]) => [
  `m=audio 9 UDP/TLS/RTP/SAVPF ${payloadTypes}`,
  ...maps.map((map) => `a=rtpmap:${map}`),
]

describe('offeredAudio', () => {
  it.each([
    ['no audio', sdpOf(channel), true, true],
    ['the codecs of a browser', sdpOf(audio('111 0 8', '111 opus/48000/2', '0 PCMU/8000'), channel), true, true],
    ['PCMU without a map', sdpOf(audio('0'), channel), true, false],
    ['PCMA', sdpOf(channel, audio('8', '8 PCMA/8000')), true, false],
    ['Opus with another payload type and case', sdpOf(audio('96', '96 OPUS/48000/2')), false, true],
    ['a map of Opus whose payload type is not offered', sdpOf(audio('9', '111 opus/48000/2')), false, false],
    ['G.722', sdpOf(audio('9', '9 G722/8000')), false, false],
    ['two sections with one common codec', sdpOf(audio('96 0', '96 opus/48000/2'), audio('0')), true, false],
    ['two sections without a common codec', sdpOf(audio('96', '96 opus/48000/2'), audio('0')), false, false],
  ])('an offer with %s: returns which codecs all of its audio can use', (_, sdp, g711, opus) => {
    expect(offeredAudio(sdp)).toEqual({ g711, opus })
  })
})
