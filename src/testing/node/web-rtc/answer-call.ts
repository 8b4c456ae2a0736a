import type { RTCDataChannel, RTCPeerConnection, RTCRtpTransceiver } from 'werift'
import { systemClock } from '../../../internal/clock.js'
import type { AnsweredCall } from '../../emulator/emulator.js'
import { type ChannelTransport, channelTransport, type HangUpBy } from './channel-transport.js'
import type { Opus, Werift } from './optional-packages.js'
import { pumpRtpAudio } from './rtp-audio.js'
import { createRtpCodecs, type RtpCodec } from './rtp-codec.js'

/** A WebRTC call between the server and one client. */
export interface LiveCall {
  /** The SDP answer. */
  readonly answer: string
  /** Ends the call. Resolves when everything is closed. */
  hangUp(code: number, reason: string): Promise<void>
}

/** Time limit for the client to connect after it has received the answer, in milliseconds. */
const connectMs = 30_000

/** A connected client sends a consent check at least every five seconds. A client without one for this long counts as disconnected. */
const consentMs = 15_000

/**
 * Creates the SDP answer for an offer, and starts the session when the data channel opens.
 * @param opus - Set when the offer needs Opus. Without it, the call uses G.711.
 * @param hangUpBy - What `hangUp` closes first.
 * @param onEnd - Called when the call has ended, from either side.
 * @throws When the offer is invalid.
 */
export async function answerOffer(
  werift: Werift,
  opus: Opus | undefined,
  offer: string,
  call: AnsweredCall,
  hangUpBy: HangUpBy,
  onEnd: () => void,
): Promise<LiveCall> {
  let lastSign = systemClock.now()
  const peer = makePeer(werift, opus, () => {
    lastSign = systemClock.now()
  })
  let transport: ChannelTransport | undefined
  let stopSound = () => {}
  let stopWatch = () => {}
  let ended: Promise<void> | undefined

  function end(): Promise<void> {
    ended ??= (async () => {
      clearTimeout(giveUp)
      stopWatch()
      stopSound()
      for (const codec of codecs.values()) codec.free()
      transport?.lose()
      onEnd()
      // werift 0.24 closes DTLS first, so the abort of SCTP, by which a client recognizes the end of the call, would not be sent.
      await peer.sctp?.stop()
      await peer.close()
    })()
    return ended
  }
  const giveUp = setTimeout(() => void end(), connectMs)

  function watch(): void {
    const restMs = lastSign + consentMs - systemClock.now()
    if (restMs <= 0) void end()
    else stopWatch = systemClock.after(restMs, watch)
  }

  function onChannel(channel: RTCDataChannel): void {
    if (channel.label !== 'oai-events' || transport) return
    clearTimeout(giveUp)
    watch()
    transport = channelTransport(channel, hangUpBy, end)
    call
      .attach(transport, (audio) => {
        stopSound = pumpRtpAudio(werift, line, codecs, audio)
      })
      .catch(() => void end())
  }

  peer.onDataChannel.subscribe(onChannel)
  peer.connectionStateChange.subscribe((state) => {
    if (state === 'connected') spareSequenceNumbers(peer)
    if (state === 'failed' || state === 'closed') void end()
  })
  let line: RTCRtpTransceiver | undefined
  let codecs: ReadonlyMap<number, RtpCodec> = new Map()
  try {
    await peer.setRemoteDescription({ type: 'offer', sdp: offer })
    line = peer.getTransceivers().find(({ kind }) => kind === 'audio')
    codecs = await createRtpCodecs(line?.codecs ?? [], opus)
    line?.setDirection('sendrecv')
    await line?.sender.replaceTrack(new werift.MediaStreamTrack({ kind: 'audio' }))
    await peer.setLocalDescription(await peer.createAnswer())
    const answer = peer.localDescription?.sdp
    if (!answer) throw new Error('the peer connection made no answer')
    return {
      answer,
      async hangUp(code, reason) {
        await transport?.close(code, reason)
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

function makePeer(
  { RTCPeerConnection, RTCRtpCodecParameters }: Werift,
  opus: Opus | undefined,
  onSign: () => void,
): RTCPeerConnection {
  const codec = (name: string, payloadType: number) =>
    new RTCRtpCodecParameters({ mimeType: `audio/${name}`, clockRate: 8_000, channels: 1, payloadType })
  // The answer has the payload types of the offer.
  const opusCodecs = opus
    ? [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111 })]
    : []
  const peer = new RTCPeerConnection({
    codecs: { audio: [codec('PCMU', 0), codec('PCMA', 8), ...opusCodecs], video: [] },
    headerExtensions: { audio: [], video: [] },
    iceServers: [],
    iceLite: true,
    // A browser on the same machine may use either kind of host address.
    iceAdditionalHostAddresses: ['127.0.0.1'],
    maxMessageSize: 262_144,
    iceFilterStunResponse({ attributesKeys }, [host, port], protocol) {
      onSign()
      if (attributesKeys.includes('USE-CANDIDATE'))
        leaveOtherPaths(
          peer,
          ({ protocol: own, remoteAddr }) => own === protocol && remoteAddr[0] === host && remoteAddr[1] === port,
        )
      return true
    },
  })
  return peer
}

type Path = NonNullable<RTCPeerConnection['iceTransports'][number]['connection']['nominated']>

/** werift keeps the first candidate pair that the client selected, and loses packets if the client selects a better one later. */
function leaveOtherPaths({ iceTransports }: RTCPeerConnection, isChosen: (path: Path) => boolean): void {
  for (const { connection } of iceTransports)
    if (connection.nominated && !isChosen(connection.nominated)) connection.resetNominatedPair()
}

/**
 * werift reuses a sequence number for the first DTLS record after the handshake. Browsers drop the record and stall for a second.
 */
function spareSequenceNumbers({ dtlsTransports }: RTCPeerConnection): void {
  for (const { dtls } of dtlsTransports) {
    const context = (dtls as { dtls?: { recordSequenceNumber: number } } | undefined)?.dtls
    if (context) context.recordSequenceNumber += 64
  }
}
