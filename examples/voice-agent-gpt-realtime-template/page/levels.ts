/** Measures the loudness of streams. */
export interface Levels {
  /** Measures this stream from now on, or nothing. */
  watch(name: 'user' | 'agent', stream: MediaStream | undefined): void
  close(): void
}

/** Shows the loudness of both sides in the bars of the page. Call it in a click, so that the browser lets the audio context run. */
export function showLevels(): Levels {
  const context = new AudioContext()
  const meters = new Map<string, { readonly source: MediaStreamAudioSourceNode; readonly analyser: AnalyserNode }>()
  let frame = requestAnimationFrame(draw)

  function draw(): void {
    frame = requestAnimationFrame(draw)
    for (const name of ['user', 'agent']) {
      const bar = document.getElementById(`level-${name}`)
      bar?.style.setProperty('--level', levelOf(meters.get(name)?.analyser).toFixed(2))
    }
  }

  function stop(name: string): void {
    meters.get(name)?.source.disconnect()
    meters.delete(name)
  }

  return {
    watch(name, stream) {
      stop(name)
      if (stream === undefined || context.state === 'closed') return
      const source = context.createMediaStreamSource(stream)
      const analyser = context.createAnalyser()
      source.connect(analyser)
      meters.set(name, { source, analyser })
    },
    close() {
      for (const name of [...meters.keys()]) stop(name)
      cancelAnimationFrame(frame)
      draw()
      cancelAnimationFrame(frame)
      if (context.state !== 'closed') void context.close()
    },
  }
}

/** Returns the loudness from 0 (-60 dBFS or less) to 1. */
function levelOf(analyser: AnalyserNode | undefined): number {
  if (analyser === undefined) return 0
  const samples = new Float32Array(analyser.fftSize)
  analyser.getFloatTimeDomainData(samples)
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
  return Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-12)) / 60))
}
